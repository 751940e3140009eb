namespace Portolan.Sockets;

/// <summary>
/// What the sockets of one network namespace refuse themselves, behind all rules: by keys, filters, minimum TTLs and full queues; what
/// limits their answers; and whether programs choose the sockets.
/// </summary>
public sealed record SocketRefusals
{
    /// <summary>Nothing was looked at, and nothing is said about it: a recording has none of it.</summary>
    public static SocketRefusals NotAsked { get; } = new();

    /// <summary>The sockets that refuse something, by their cookies.</summary>
    public IReadOnlyDictionary<ulong, SocketRefusal> ByCookie { get; init; } = new Dictionary<ulong, SocketRefusal>();

    /// <summary>Why filters, minimum TTLs and keys of TCP-AO were not read; <c>null</c> where they were.</summary>
    public string? WhyNotOptions { get; init; }

    /// <summary>Why keys of TCP-MD5 were not read; <c>null</c> where they were.</summary>
    public string? WhyNotKeys { get; init; }

    /// <summary>How many BPF programs of the namespace choose sockets (sk_lookup); 0 where that is not known.</summary>
    public int LookupPrograms { get; init; }

    /// <summary>Why these were not counted; <c>null</c> where they were.</summary>
    public string? WhyNotLookups { get; init; }

    /// <summary>What a socket refuses; nothing where it is not among them.</summary>
    /// <param name="cookie">Its cookie.</param>
    public SocketRefusal Of(ulong cookie) => ByCookie.GetValueOrDefault(cookie, SocketRefusal.None);
}

/// <summary>What one socket refuses, and what limits its answers.</summary>
public sealed record SocketRefusal
{
    /// <summary>Nothing.</summary>
    public static SocketRefusal None { get; } = new();

    /// <summary>IP_MINTTL: IPv4 packets with a lower TTL are dropped; 0 for none.</summary>
    public int MinimumTtl { get; init; }

    /// <summary>IPV6_MINHOPCOUNT: IPv6 packets with a lower hop limit are dropped; 0 for none.</summary>
    public int MinimumHopLimit { get; init; }

    /// <summary>The filter that sees each packet first.</summary>
    public AttachedFilter? Filter { get; init; }

    /// <summary>The senders whose segments need a signature of TCP-MD5 (RFC 2385).</summary>
    public IReadOnlyList<AddressPrefix> Md5Peers { get; init; } = [];

    /// <summary>Whether it has keys of TCP-AO (RFC 5925); of which senders is not read.</summary>
    public bool HasAoKeys { get; init; }

    /// <summary>SO_MARK: the mark of what it sends, by which rules and policy routing may choose; 0 for none.</summary>
    public uint Mark { get; init; }

    /// <summary>IP_TTL: the TTL of the IPv4 packets that it sends; <c>null</c> for the system's.</summary>
    public int? SentTtl { get; init; }

    /// <summary>IPV6_UNICAST_HOPS: the hop limit of the IPv6 packets that it sends; <c>null</c> for the system's.</summary>
    public int? SentHopLimit { get; init; }

    /// <summary>SO_DONTROUTE: whether its IPv4 packets go to hosts on its links only.</summary>
    public bool StaysOnLink { get; init; }

    /// <summary>Bytes that datagrams in the receive queue of UDP take, with the kernel's own parts.</summary>
    public uint QueuedBytes { get; init; }

    /// <summary>The most of them (SO_RCVBUF); 0 where there is no such queue.</summary>
    public uint QueueLimit { get; init; }
}

/// <summary>A filter of a socket (SO_ATTACH_FILTER, SO_ATTACH_BPF).</summary>
/// <param name="IsExtended">Whether it is an eBPF program.</param>
/// <param name="Result">How many bytes it keeps of each packet, 0 to drop it; <c>null</c> where that depends on the packet.</param>
public sealed record AttachedFilter(bool IsExtended, uint? Result);
