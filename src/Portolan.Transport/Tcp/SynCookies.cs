using Portolan.Model;
using Portolan.Packets;
using Portolan.Transport.Ip;

namespace Portolan.Transport.Tcp;

/// <summary>What a cookie remembers of a SYN.</summary>
/// <param name="SegmentSize">The peer's MSS, or the next less that a cookie can tell.</param>
/// <param name="WindowShift">The shift of the peer's window, or the next less; -1 where it offers none.</param>
/// <param name="HasSack">Whether SACK was agreed on.</param>
internal readonly record struct SynCookie(int SegmentSize, int WindowShift, bool HasSack);

/// <summary>
/// SYN cookies (RFC 4987 section 3.6): what a listener agrees on with a peer is in the sequence number of the SYN-ACK, and comes back
/// with the peer's acknowledgment, so that nothing has to be kept for it. Eight bits tell MSS, window scale, SACK and the time; the others
/// are a keyed hash of these, of the pair and of the peer's own sequence number. A blind guess is right once in 2^24 times.
/// </summary>
/// <param name="hash">The key of the hash; from a seed that a peer cannot know.</param>
internal sealed class SynCookies(SipHash hash)
{
    /// <summary>A cookie is good in the step of 64 s in which it was made and in the next: 64 to 128 s.</summary>
    private const int StepSeconds = 64;
    private const int HashShift = 8;
    private const int SackBit = 1;
    private const int ShiftPlace = 1;
    private const int SizePlace = 4;
    private const int StepPlace = 7;
    private const int Choices = 8;

    /// <summary>The longest that a cookie is good.</summary>
    internal static TimeSpan Lifetime => TimeSpan.FromSeconds(2 * StepSeconds);

    /// <summary>
    /// No size above the least that is ever used; those of IPv6 at its least MTU, of tunnels, of Ethernet and of its jumbo frames.
    /// </summary>
    private static ReadOnlySpan<ushort> SegmentSizes => [48, 536, 1220, 1380, 1400, 1440, 1460, 8940];

    private static ReadOnlySpan<sbyte> WindowShifts => [-1, 0, 2, 4, 6, 7, 8, 10];

    /// <summary>The sequence number of a SYN-ACK that remembers.</summary>
    internal SequenceNumber Make(
        in IpArrival arrival, PortNumber localPort, PortNumber remotePort, SequenceNumber initialReceive, in SynCookie cookie, Instant now)
    {
        var (size, shift) = (Choices - 1, Choices - 1);
        while (size > 0 && SegmentSizes[size] > cookie.SegmentSize)
        {
            size--;
        }

        while (shift > 0 && WindowShifts[shift] > cookie.WindowShift)
        {
            shift--;
        }

        var step = StepAt(now);
        var bits = ((uint)(step & 1) << StepPlace) | ((uint)size << SizePlace) | ((uint)shift << ShiftPlace)
            | (cookie.HasSack ? SackBit : 0u);
        return new SequenceNumber((Of(arrival, localPort, remotePort, initialReceive, step, bits) << HashShift) | bits);
    }

    /// <summary>Whether a sequence number is a cookie of these ends that is not too old, and what it remembers.</summary>
    internal bool TryRead(
        in IpArrival arrival, PortNumber localPort, PortNumber remotePort, SequenceNumber initialReceive, SequenceNumber sequence,
        Instant now, out SynCookie cookie)
    {
        var bits = sequence.Value & ((1u << HashShift) - 1);
        var step = StepAt(now);
        step -= (step ^ (bits >> StepPlace)) & 1;
        cookie = new SynCookie(
            SegmentSizes[(int)(bits >> SizePlace) & (Choices - 1)], WindowShifts[(int)(bits >> ShiftPlace) & (Choices - 1)],
            (bits & SackBit) != 0);
        return ((Of(arrival, localPort, remotePort, initialReceive, step, bits) << HashShift) | bits) == sequence.Value;
    }

    private static long StepAt(Instant now) => now.Nanoseconds / (StepSeconds * TcpTimings.Second);

    private uint Of(
        in IpArrival arrival, PortNumber localPort, PortNumber remotePort, SequenceNumber initialReceive, long step, uint bits) =>
            (uint)hash.Of(
    [
        arrival.Destination.UpperBits,
        arrival.Destination.LowerBits,
        arrival.Source.UpperBits,
        arrival.Source.LowerBits,
        ((ulong)initialReceive.Value << 32) | ((uint)localPort.Value << 16) | remotePort.Value,
        ((ulong)step << HashShift) | bits,
    ]);
}
