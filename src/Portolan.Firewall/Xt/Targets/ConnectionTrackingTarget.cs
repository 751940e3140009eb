namespace Portolan.Firewall.Xt.Targets;

/// <summary>
/// Says how the packet's connection is tracked, and goes on (CT, NOTRACK; linux/netfilter/xt_CT.h). A packet that has a connection already
/// is left alone.
/// </summary>
/// <param name="IsNotTracked">Takes the packet out of tracking.</param>
/// <param name="Zone">Zone.</param>
/// <param name="Helper">Name of the helper, or empty. Hostile text.</param>
/// <param name="Timeout">Name of the timeouts, or empty. Hostile text.</param>
public sealed record ConnectionTrackingTarget(bool IsNotTracked, ushort Zone, string Helper, string Timeout) : XtTarget
{
    /// <summary>XT_CT_*.</summary>
    public ushort Flags { get; init; }

    /// <summary>Which events are told, as 1 &lt;&lt; IPCT_*; 0 for all.</summary>
    public uint Events { get; init; }

    /// <summary>Which events of expectations are told.</summary>
    public uint ExpectationEvents { get; init; }

    /// <summary>The layouts that are known.</summary>
    internal static IReadOnlyList<XtTargetKind> Kinds { get; } = [new("CT", 0, 2, Decode), new("NOTRACK", 0, 0, Decode)];

    private static ConnectionTrackingTarget? Decode(XtPayload payload)
    {
        const int Size0 = 32;
        const int Size1 = 64;
        const ushort NotTracked = 1; // XT_CT_NOTRACK
        if (payload.Bytes.IsEmpty)
        {
            // NOTRACK has no parameters.
            return new ConnectionTrackingTarget(true, 0, "", "");
        }

        if (!payload.Has(payload.Revision == 0 ? Size0 : Size1))
        {
            return null;
        }

        return new ConnectionTrackingTarget(
            (payload.UInt16(0) & NotTracked) != 0,
            payload.UInt16(2),
            payload.Text(12, 16),
            payload.Revision == 0 ? "" : payload.Text(28, 32))
        {
            Flags = payload.UInt16(0),
            Events = payload.UInt32(4),
            ExpectationEvents = payload.UInt32(8),
        };
    }
}
