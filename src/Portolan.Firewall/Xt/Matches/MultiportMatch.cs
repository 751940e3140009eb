namespace Portolan.Firewall.Xt.Matches;

/// <summary>
/// Up to 15 ports or spans of ports (linux/netfilter/xt_multiport.h), of TCP, UDP, UDP-Lite, SCTP and DCCP alike. Never matches a later
/// fragment; drops a packet with half a header.
/// </summary>
/// <param name="Field">Which port is looked at.</param>
/// <param name="Ports">The ports, any of which.</param>
/// <param name="IsInverted">Whether it matches all but these.</param>
public sealed record MultiportMatch(MultiportField Field, IReadOnlyList<PortSpan> Ports, bool IsInverted) : XtMatch
{
    /// <summary>The layouts that are known.</summary>
    internal static IReadOnlyList<XtMatchKind> Kinds { get; } = [new("multiport", 0, 1, Decode)];

    private static MultiportMatch? Decode(XtPayload payload)
    {
        const int MaximumPorts = 15;
        const int SizeWithoutSpans = 32;
        const int SizeWithSpans = 48;
        const int FirstPort = 2;
        const int FirstSpanFlag = FirstPort + (MaximumPorts * sizeof(ushort));
        var hasSpans = payload.Revision > 0;
        if (!payload.Has(hasSpans ? SizeWithSpans : SizeWithoutSpans) || payload.Byte(0) > (byte)MultiportField.Either
            || payload.Byte(1) > MaximumPorts)
        {
            return null;
        }

        var ports = new List<PortSpan>();
        var count = payload.Byte(1);
        for (var index = 0; index < count; index++)
        {
            var first = payload.UInt16(FirstPort + (index * sizeof(ushort)));
            var last = first;
            if (hasSpans && payload.Byte(FirstSpanFlag + index) != 0)
            {
                if (++index >= MaximumPorts)
                {
                    return null;
                }

                last = payload.UInt16(FirstPort + (index * sizeof(ushort)));
            }

            ports.Add(new PortSpan(first, last));
        }

        return new MultiportMatch((MultiportField)payload.Byte(0), ports, hasSpans && payload.Byte(FirstSpanFlag + MaximumPorts) != 0);
    }
}

/// <summary>Which port is looked at (XT_MULTIPORT_*).</summary>
public enum MultiportField : byte
{
    /// <summary>The source.</summary>
    Source = 0,

    /// <summary>The destination.</summary>
    Destination = 1,

    /// <summary>One of both.</summary>
    Either = 2,
}
