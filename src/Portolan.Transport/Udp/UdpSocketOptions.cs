namespace Portolan.Transport.Udp;

/// <summary>How a <see cref="UdpEndpoint"/> behaves.</summary>
public sealed record UdpSocketOptions
{
    /// <summary>Bytes of datagrams that may wait, buffers whole; those that come then are dropped. By default Linux' 212,992.</summary>
    public int ReceiveLimit { get; init => field = Allowed.AtLeast(1, value); } = 212_992;

    /// <summary>TTL or hop limit of what it sends; 0 for the host's usual one, or 1 to a group.</summary>
    public byte HopLimit { get; init; }

    /// <summary>The six bits of the differentiated services field.</summary>
    public byte TrafficClass { get; init => field = (byte)Allowed.Between(0, 63, value); }

    /// <summary>Whether datagrams larger than the path MTU are refused instead of cut.</summary>
    public bool DontFragment { get; init; }

    /// <summary>Whether it sends without a checksum. Over IPv6 only tunnels may (RFC 6935 section 5).</summary>
    public bool OmitsChecksum { get; init; }

    /// <summary>Whether it takes datagrams without a checksum over IPv6 (RFC 6935 section 5); over IPv4 every socket does.</summary>
    public bool TakesOmittedChecksums { get; init; }

    /// <summary>Whether it hears of ICMP errors while it is not connected (IP_RECVERR).</summary>
    public bool TakesErrors { get; init; }
}
