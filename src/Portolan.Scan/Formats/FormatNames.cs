using Portolan.Model;

namespace Portolan.Scan.Formats;

/// <summary>Words of the formats as UTF-8.</summary>
internal static class FormatNames
{
    /// <summary><c>tcp</c>, <c>udp</c> or <c>sctp</c>.</summary>
    public static ReadOnlySpan<byte> NameUtf8(this TransportProtocol protocol) => protocol switch
    {
        TransportProtocol.Tcp => "tcp"u8,
        TransportProtocol.Udp => "udp"u8,
        TransportProtocol.Sctp => "sctp"u8,
        _ => throw new ArgumentOutOfRangeException(nameof(protocol), protocol, "nmap's formats have tcp, udp and sctp"),
    };
}
