using System.Globalization;
using System.Text;
using Portolan.Model;
using Portolan.Packets.Links;
using Portolan.Scan.Results;

namespace Portolan.Scan.Formats.Reading;

/// <summary>Ports as masscan's lists and JSON have them.</summary>
internal static class MasscanPorts
{
    /// <summary>A state.</summary>
    public static PortResult Of(TransportProtocol protocol, PortNumber port, PortState state, ReplyReason reason) =>
        new(new ProbePort(protocol, port), state, reason, 0, state == PortState.Open ? Evidence.SynAck : Evidence.None, null);

    /// <summary>What a service said, which is a result of its own and has no state.</summary>
    public static PortResult Banner(TransportProtocol protocol, PortNumber port, string text) =>
        new(new ProbePort(protocol, port), PortState.Unknown, ReplyReason.UnknownResponse, 0, Evidence.AcceptedData, null)
        {
            Banner = Encoding.UTF8.GetBytes(text.Length > 4 * GreetingLimit.MaxLength ? text[..(4 * GreetingLimit.MaxLength)] : text),
        };

    /// <summary>Seconds since 1970 as text.</summary>
    public static DateTimeOffset? TimeOf(string? text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds is > 0 and < 1L << 36
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : null;
}
