using Portolan.Model;
using Portolan.Packets;
using Portolan.Transport.Buffers;

namespace Portolan.Transport.Reassembly;

/// <summary>
/// Puts the fragments of IPv4 and IPv6 packets together (RFC 791 section 3.2, RFC 8200 section 4.5). Fragments that overlap give up their
/// packet (RFC 5722; for IPv4 alike), exact copies are let pass. Memory is bounded, in all and for each source: the oldest packet goes
/// first, and a source that asks for more than its share loses its own. Nothing is allocated in steady state.
/// </summary>
/// <remarks>One thread at a time. The time is handed in and never runs backwards.</remarks>
internal sealed class FragmentReassembler
{
    /// <summary>The longest whole that can come: an IPv6 header and 65,535 bytes.</summary>
    public const int MaxLength = Ipv6Packet.MinHeaderLength + ushort.MaxValue;

    private const int FragmentOverhead = 64;
    private const int PacketOverhead = 256;

    private readonly PacketPool _pool;
    private readonly ReassemblyOptions _options;
    private readonly PendingQueue _queue;
    private readonly Stack<KeptFragment> _unused = new();

    /// <summary>Makes an empty one.</summary>
    /// <param name="pool">Where fragments are kept.</param>
    /// <param name="hash">The key of the hashes; from a seed that a peer cannot know.</param>
    /// <param name="options">The limits.</param>
    public FragmentReassembler(PacketPool pool, SipHash hash, ReassemblyOptions? options = null)
    {
        _pool = pool;
        _options = options ?? new ReassemblyOptions();
        _queue = new PendingQueue(hash);
    }

    /// <summary>Packets that wait for fragments, or were given up and still swallow theirs.</summary>
    public int Pending => _queue.Count;

    /// <summary>Bytes that count against the limit.</summary>
    public long MemoryUsed => _queue.Charge;

    /// <summary>Packets dropped for others, at a limit of memory.</summary>
    public long Evicted { get; private set; }

    /// <summary>When <see cref="TryExpire"/> has something to do next; <c>null</c> when nothing waits.</summary>
    public TimeSpan? NextDeadline => _queue.Oldest?.Deadline;

    /// <summary>Takes a packet.</summary>
    /// <param name="now">The time, from any origin.</param>
    /// <param name="packet">An IP packet; the checksum of an IPv4 header was checked before.</param>
    /// <param name="interfaceNumber">Where it came in; it counts only for link-local addresses.</param>
    /// <param name="whole">Room for the whole packet, up to <see cref="MaxLength"/> bytes.</param>
    public ReassemblyResult Accept(TimeSpan now, ReadOnlySpan<byte> packet, int interfaceNumber, Span<byte> whole)
    {
        if (!FragmentView.TryRead(packet, out var isFragment, out var fragment))
        {
            return Refused(ReassemblyFault.Malformed);
        }

        if (!isFragment)
        {
            return new ReassemblyResult(ReassemblyOutcome.Whole);
        }

        var refusal = Check(fragment);
        if (refusal.Outcome == ReassemblyOutcome.Refused)
        {
            return refusal;
        }

        var key = new FragmentKey(fragment.Source, fragment.Destination, fragment.Identification, fragment.Protocol, interfaceNumber);
        var pending = _queue.Find(key);
        if (pending is not null && pending.Deadline <= now)
        {
            // Its time is over, although it was not queried yet: the fragment begins another packet of the same name.
            Drop(pending);
            pending = null;
        }

        pending ??= _queue.Add(key, fragment.Source, fragment.Destination, now + _options.Timeout, PacketOverhead);
        return pending.IsGivenUp ? Refused(ReassemblyFault.Overlap) : Take(pending, fragment, whole);
    }

    /// <summary>Removes one packet whose time is over; call it until it returns false.</summary>
    /// <param name="now">The time.</param>
    /// <param name="quote">Room for what an ICMP message quotes: 548 bytes for IPv4 (RFC 1812 section 4.3.2.3), 1,232 for IPv6.</param>
    /// <param name="timeout">What to do about it.</param>
    public bool TryExpire(TimeSpan now, Span<byte> quote, out ReassemblyTimeout timeout)
    {
        timeout = default;
        if (_queue.Oldest is not { } oldest || oldest.Deadline > now)
        {
            return false;
        }

        var mustReport = oldest is { IsGivenUp: false, HasFirst: true } && IcmpReports.IsAllowed(oldest.Source, oldest.Destination);
        var length = mustReport ? Math.Min(quote.Length, oldest.FirstLength) : 0;
        if (mustReport)
        {
            _pool.Bytes(oldest.First!.Buffer)[..length].CopyTo(quote);
        }

        timeout = new ReassemblyTimeout(oldest.Source, oldest.Destination, mustReport, length);
        Drop(oldest);
        return true;
    }

    private static ReassemblyResult Refused(ReassemblyFault fault) => new(ReassemblyOutcome.Refused, Fault: fault);

    private ReassemblyResult Check(in FragmentView fragment)
    {
        var isIPv6 = !fragment.Source.IsIPv4;
        if (!fragment.IsLast && fragment.Data.Length % 8 != 0)
        {
            // RFC 8200 section 4.5: points at the payload length.
            return Refused(ReassemblyFault.Malformed) with
            {
                ParameterProblemCode = isIPv6 ? 0 : null,
                ParameterProblemPointer = isIPv6 ? 4 : 0,
            };
        }

        if (fragment.Data.IsEmpty)
        {
            return Refused(ReassemblyFault.Malformed);
        }

        var headers = isIPv6 ? fragment.HeaderLength - Ipv6Packet.MinHeaderLength : fragment.HeaderLength;
        if (fragment.End + headers > ushort.MaxValue)
        {
            // RFC 8200 section 4.5: points at the fragment offset.
            return Refused(ReassemblyFault.TooLong) with
            {
                ParameterProblemCode = isIPv6 ? 0 : null,
                ParameterProblemPointer = isIPv6 ? fragment.HeaderLength + 2 : 0,
            };
        }

        if (fragment.IsTiny && !(_options.TakesTinyIPv4 && fragment.Source.IsIPv4))
        {
            // RFC 7112 section 5, RFC 8883: code 3, first fragment with an incomplete header chain.
            return Refused(ReassemblyFault.Tiny) with { ParameterProblemCode = isIPv6 ? 3 : null };
        }

        return new ReassemblyResult(ReassemblyOutcome.Waiting);
    }

    private ReassemblyResult Take(PendingPacket pending, in FragmentView fragment, Span<byte> whole)
    {
        var before = Before(pending, fragment.Start);
        var after = before is null ? pending.First : before.Next;
        if (after is not null && after.Start == fragment.Start && after.End == fragment.End && IsCopy(after, fragment, pending))
        {
            return new ReassemblyResult(ReassemblyOutcome.Waiting);
        }

        var misfits = pending.Total >= 0
            ? fragment.End > pending.Total || (fragment.IsLast && fragment.End != pending.Total)
            : fragment.IsLast && pending.Last is { } last && last.End > fragment.End;
        if (misfits || before?.End > fragment.Start || after?.Start < fragment.End)
        {
            return GiveUp(pending, ReassemblyFault.Overlap);
        }

        if (pending.Count == _options.MaxFragments)
        {
            return GiveUp(pending, ReassemblyFault.TooMany);
        }

        if (!TryKeep(pending, fragment, before))
        {
            Drop(pending);
            return Refused(ReassemblyFault.NoMemory);
        }

        if (pending.Total != pending.Received || !pending.HasFirst)
        {
            return new ReassemblyResult(ReassemblyOutcome.Waiting);
        }

        var result = Assembly.Write(pending, _pool, whole);
        Drop(pending);
        return result;
    }

    /// <summary>The last fragment that starts before a place.</summary>
    private static KeptFragment? Before(PendingPacket pending, int start)
    {
        // Fragments mostly come in order.
        if (pending.Last is { } last && last.Start < start)
        {
            return last;
        }

        KeptFragment? before = null;
        for (var next = pending.First; next is not null && next.Start < start; next = next.Next)
        {
            before = next;
        }

        return before;
    }

    private bool IsCopy(KeptFragment kept, in FragmentView fragment, PendingPacket pending) =>
        fragment.IsLast == (kept.End == pending.Total)
        && _pool.Bytes(kept.Buffer).Slice(kept.DataOffset, kept.End - kept.Start).SequenceEqual(fragment.Data);

    private bool TryKeep(PendingPacket pending, in FragmentView fragment, KeptFragment? before)
    {
        // The first is kept with its headers: the whole needs them, and so does a report.
        var isFirst = fragment.Start == 0;
        var bytes = isFirst ? fragment.Packet : fragment.Data;
        if (!_pool.TryRent(bytes.Length, out var buffer))
        {
            return false;
        }

        var length = _pool.Bytes(buffer).Length;
        if (!MakeRoom(pending, length + FragmentOverhead))
        {
            _pool.Return(buffer);
            return false;
        }

        bytes.CopyTo(_pool.Bytes(buffer));
        var kept = _unused.TryPop(out var unused) ? unused : new KeptFragment();
        (kept.Buffer, kept.Start, kept.End, kept.DataOffset) = (buffer, fragment.Start, fragment.End, isFirst ? fragment.DataOffset : 0);
        kept.Next = before is null ? pending.First : before.Next;
        pending.First = before is null ? kept : pending.First;
        pending.Last = kept.Next is null ? kept : pending.Last;
        if (before is not null)
        {
            before.Next = kept;
        }

        pending.Count++;
        pending.Received += fragment.End - fragment.Start;
        pending.Total = fragment.IsLast ? fragment.End : pending.Total;
        pending.EcnSeen |= 1 << fragment.Ecn;
        pending.Longest = Math.Max(pending.Longest, fragment.Packet.Length);
        _queue.AddCharge(pending, length + FragmentOverhead);
        if (isFirst)
        {
            pending.HeaderLength = fragment.HeaderLength;
            pending.NextHeaderOffset = fragment.NextHeaderOffset;
            pending.NextHeader = fragment.Packet[fragment.Source.IsIPv4 ? 9 : fragment.HeaderLength];
            pending.FirstLength = fragment.Packet.Length;
        }

        return true;
    }

    private bool MakeRoom(PendingPacket pending, long length)
    {
        while (pending.Owner.Charge + length > _options.MemoryLimitPerSource)
        {
            if (!TryEvict(pending.Owner.Oldest == pending ? pending.NewerOfSource : pending.Owner.Oldest))
            {
                return false;
            }
        }

        while (_queue.Charge + length > _options.MemoryLimit)
        {
            if (!TryEvict(_queue.Oldest == pending ? pending.Newer : _queue.Oldest))
            {
                return false;
            }
        }

        return true;
    }

    private bool TryEvict(PendingPacket? victim)
    {
        if (victim is null)
        {
            return false;
        }

        Evicted++;
        Drop(victim);
        return true;
    }

    /// <summary>Lets the fragments go but keeps the name, so that later ones do not begin anew (RFC 5722 section 4).</summary>
    private ReassemblyResult GiveUp(PendingPacket pending, ReassemblyFault fault)
    {
        ReturnFragments(pending);
        pending.IsGivenUp = true;
        return Refused(fault);
    }

    private void Drop(PendingPacket pending)
    {
        ReturnFragments(pending);
        _queue.Remove(pending);
    }

    private void ReturnFragments(PendingPacket pending)
    {
        for (var kept = pending.First; kept is not null;)
        {
            var next = kept.Next;
            _queue.AddCharge(pending, -(_pool.Bytes(kept.Buffer).Length + FragmentOverhead));
            _pool.Return(kept.Buffer);
            kept.Next = null;
            _unused.Push(kept);
            kept = next;
        }

        pending.First = null;
        pending.Last = null;
    }
}

/// <summary>About which packets no ICMP error is ever sent.</summary>
internal static class IcmpReports
{
    /// <summary>Not to a group and not from what is no single host (RFC 1122 section 3.2.2, RFC 4443 section 2.4 (e)).</summary>
    internal static bool IsAllowed(InternetAddress source, InternetAddress destination) =>
        !IsGroup(destination) && !IsGroup(source) && !source.IsUnspecified;

    private static bool IsGroup(InternetAddress address) =>
        address.IsIPv4 ? address.IPv4Bits >> 28 >= 0xe : address.UpperBits >> 56 == 0xff;
}

/// <summary>A packet whose fragments did not all come in time.</summary>
/// <param name="Source">Its sender.</param>
/// <param name="Destination">Its receiver.</param>
/// <param name="MustReport">
/// Whether to send ICMP time exceeded, code 1: its first fragment came (RFC 792, RFC 8200 section 4.5), and neither a group nor nobody
/// would be answered (RFC 1122 section 3.2.2, RFC 4443 section 2.4). That the destination is the broadcast address of a network only the
/// caller knows.
/// </param>
/// <param name="QuoteLength">Bytes of the first fragment that were written for the quote; 0 when there is nothing to report.</param>
internal readonly record struct ReassemblyTimeout(InternetAddress Source, InternetAddress Destination, bool MustReport, int QuoteLength);
