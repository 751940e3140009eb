namespace Portolan.Transport.Reassembly;

/// <summary>The limits of what is held to put fragments together.</summary>
public sealed record ReassemblyOptions
{
    /// <summary>
    /// How long the fragments of a packet are waited for, from the first that came on: 60 s (RFC 8200 section 4.5; RFC 1122 section 3.3.2
    /// allows 60 to 120 s).
    /// </summary>
    public TimeSpan Timeout { get; init => field = Allowed.Positive(value); } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// The most bytes that are held, buffers whole and an overhead for each fragment and packet included. By default 4 MiB.
    /// </summary>
    public long MemoryLimit { get; init => field = Allowed.AtLeast(1, value); } = 4 << 20;

    /// <summary>The most bytes that are held for one source: an IPv4 address, or an IPv6 network of 64 bits. By default 1 MiB.</summary>
    public long MemoryLimitPerSource { get; init => field = Allowed.AtLeast(1, value); } = 1 << 20;

    /// <summary>The most fragments of a packet. By default 256: 1,280 bytes a fragment need 54, 576 bytes need 119.</summary>
    public int MaxFragments { get; init => field = Allowed.AtLeast(1, value); } = 256;

    /// <summary>
    /// Whether first fragments of IPv4 that are too short for TCP's flags are taken, as Linux does it. Otherwise they are refused, lest a
    /// filter that looks at fragments be fooled (RFC 1858); where filters see wholes only, there is no such danger.
    /// </summary>
    internal bool TakesTinyIPv4 { get; init; }
}
