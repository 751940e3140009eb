namespace Portolan.Packets;

/// <summary>An IPv6 routing header (RFC 8200 section 4.4).</summary>
public readonly ref struct Ipv6RoutingHeader
{
    private readonly ReadOnlySpan<byte> _bytes;

    internal Ipv6RoutingHeader(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>0 is forbidden (RFC 5095), 2 mobile IPv6, 3 RPL, 4 segment routing (RFC 8754).</summary>
    public byte RoutingType => _bytes[2];

    /// <summary>
    /// Nodes still to be visited. A node that does not know the type goes on when it is 0, and else discards and reports (RFC 8200 section
    /// 4.4).
    /// </summary>
    public byte SegmentsLeft => _bytes[3];

    /// <summary>What the type says it is.</summary>
    public ReadOnlySpan<byte> Data => _bytes[4..];

    /// <summary>
    /// Whether a host that visits no segments must discard the packet with a parameter problem, code 0, that points at the type.
    /// </summary>
    public bool MustBeRefused => SegmentsLeft > 0;
}
