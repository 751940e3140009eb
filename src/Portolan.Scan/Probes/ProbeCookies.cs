using Portolan.Model;
using Portolan.Packets;

namespace Portolan.Scan.Probes;

/// <summary>
/// Cookies: bits of each probe that only we can know and that every honest reply brings back, so nothing is kept of a probe and no stray or
/// forged reply is counted.
/// </summary>
/// <remarks>
/// The hash of both addresses, the target's port and the protocol gives a <see cref="ProbeCookie"/>. Its parts go into TCP's sequence
/// number, our port, and IPv4's identification. Immutable; any thread.
/// </remarks>
public readonly struct ProbeCookies(ulong seed)
{
    private readonly SipHash _hash = SipHash.FromSeed(seed);

    /// <summary>The cookie of a target's port, or of an ICMP identifier with <paramref name="protocol"/> 1 or 58.</summary>
    /// <param name="source">Our address.</param>
    /// <param name="target">The target's.</param>
    /// <param name="port">The target's port.</param>
    /// <param name="protocol">IP protocol number.</param>
    public ProbeCookie Of(InternetAddress source, InternetAddress target, ushort port, byte protocol)
    {
        var ports = ((ulong)protocol << 16) | port;
        return new ProbeCookie(target.IsIPv4
            ? _hash.Of(((ulong)source.IPv4Bits << 32) | target.IPv4Bits, ports)
            : _hash.Of([source.UpperBits, source.LowerBits, target.UpperBits, target.LowerBits, ports]));
    }
}

/// <summary>64 bits that cannot be guessed.</summary>
public readonly record struct ProbeCookie(ulong Value)
{
    private const uint Spread = 0x9e37_79b1;
    private const int TagBits = 4;

    /// <summary>The bits in our port.</summary>
    public byte PortBits => (byte)(Value >> 32);

    /// <summary>IPv4's identification, or ICMP's identifier.</summary>
    public ushort Identification => (ushort)(Value >> 40);

    /// <summary>
    /// TCP's sequence number of the probe from one of our ports. Each port has another, so that a target that remembers the last attempt
    /// takes the next one for a new connection.
    /// </summary>
    public uint Sequence(ushort sourcePort) => (uint)Value + (sourcePort * Spread);

    /// <summary>The same when our port is fixed: the attempt is in the low 4 bits.</summary>
    public uint SequenceWithTag(ProbeTag tag) => ((uint)Value & ~15u) | tag.Attempt;

    /// <summary>
    /// The acknowledgment number of probes that carry ACK: a RST in reply brings it back as its sequence number (RFC 9293 section 3.5.2).
    /// </summary>
    public uint Acknowledgment(ushort sourcePort) => (uint)(Value >> 24) + (sourcePort * Spread);

    /// <summary>The same when our port is fixed.</summary>
    public uint AcknowledgmentWithTag(ProbeTag tag) => ((uint)(Value >> 24) & ~15u) | tag.Attempt;

    /// <summary>Whether a number that came back is one of a fixed port's numbers, and which attempt it tells.</summary>
    /// <param name="number">What came back, less what the reply added.</param>
    /// <param name="expected">The number with attempt 0.</param>
    /// <param name="tag">The attempt.</param>
    public static bool TryReadTag(uint number, uint expected, out ProbeTag tag)
    {
        tag = new ProbeTag((byte)(number & ((1 << TagBits) - 1)), 0);
        return number >> TagBits == expected >> TagBits;
    }
}
