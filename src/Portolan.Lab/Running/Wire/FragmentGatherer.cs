using Portolan.Packets;
using Portolan.Transport;
using Portolan.Transport.Ip;
using Portolan.Transport.Reassembly;

namespace Portolan.Lab.Running.Wire;

/// <summary>
/// Puts the fragments together that come to a member of a segment, or leave it, so that gates see whole packets, as the defragmentation
/// before Linux's connection tracking does. What passes is cut again into pieces as long as its longest fragment was, so that "don't
/// fragment" and the limits of IPv6 mean what they meant.
/// </summary>
/// <remarks>
/// The lab's thread. Memory is bounded: see <see cref="ReassemblyOptions"/> for one gatherer, <see cref="FragmentMemory"/> for all.
/// </remarks>
/// <param name="memory">What all have in common.</param>
/// <param name="member">Whose they are, who may answer for packets that never were whole; <c>null</c> for none.</param>
internal sealed class FragmentGatherer(FragmentMemory memory, SegmentMember? member)
{
    private readonly FragmentReassembler _reassembler = new(memory.Pool, memory.Hash, new ReassemblyOptions { TakesTinyIPv4 = true });
    private bool _isTimed;

    /// <summary>Whether a packet is a fragment of a longer one.</summary>
    internal static bool IsFragment(ReadOnlySpan<byte> packet)
    {
        if (packet.Length >= Ipv4Packet.MinHeaderLength && packet[0] >> 4 == 4)
        {
            return ((packet[6] & 0x3f) | packet[7]) != 0;
        }

        return packet.Length > Ipv6Packet.MinHeaderLength && packet[0] >> 4 == 6
            && (IpProtocol)packet[6] is not (IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.Icmpv6)
            && FragmentView.TryRead(packet, out var isFragment, out _) && isFragment;
    }

    /// <summary>Takes a fragment.</summary>
    internal Gathered Accept(ReadOnlySpan<byte> packet)
    {
        if (Ipv4Packet.TryRead(packet, out var four) && !four.HasValidChecksum)
        {
            return new Gathered(new ReassemblyResult(ReassemblyOutcome.Refused, Fault: ReassemblyFault.Malformed), default, 0);
        }

        var result = _reassembler.Accept(Ticks(memory.Loop.Clock.Now), packet, 0, memory.Whole);
        SetTimer();
        return result.Outcome == ReassemblyOutcome.Complete && FragmentView.TryRead(packet, out _, out var fragment)
            ? new Gathered(result, memory.Whole[..result.Length], fragment.Identification)
            : new Gathered(result, default, 0);
    }

    /// <summary>Cuts a packet into pieces again.</summary>
    internal List<LabFrame> Cut(in Gathered gathered)
    {
        var pieces = new List<LabFrame>();
        var mtu = gathered.Result.LongestFragment;
        for (var from = 0; ;)
        {
            var frame = memory.Frames.Rent(mtu);
            frame.Length = gathered.Whole[0] >> 4 == 4
                ? FragmentCutter.WriteIPv4(gathered.Whole, ref from, mtu, frame.Buffer)
                : FragmentCutter.WriteIPv6(gathered.Whole, gathered.Result.Headers, gathered.Identification, ref from, mtu, frame.Buffer);
            if (frame.Length == 0)
            {
                memory.Frames.Return(frame);
                return pieces;
            }

            pieces.Add(frame);
        }
    }

    private static TimeSpan Ticks(Instant time) => TimeSpan.FromTicks(time.Nanoseconds / TimeSpan.NanosecondsPerTick);

    private void SetTimer()
    {
        if (!_isTimed && _reassembler.NextDeadline is { } deadline)
        {
            _isTimed = true;
            memory.Loop.At(new Instant(deadline.Ticks * TimeSpan.NanosecondsPerTick), OnTimer);
        }
    }

    private void OnTimer()
    {
        _isTimed = false;
        Span<byte> quote = stackalloc byte[PathMtuTable.LeastIPv6];
        while (_reassembler.TryExpire(Ticks(memory.Loop.Clock.Now), quote, out var timeout))
        {
            if (!timeout.MustReport || member is null || (member.IsRouter && !member.Owns(timeout.Destination)))
            {
                continue;
            }

            var frame = memory.Frames.Rent(timeout.QuoteLength);
            quote[..timeout.QuoteLength].CopyTo(frame.Buffer);
            (frame.Length, frame.ReceiveAction) = (timeout.QuoteLength, ReceiveAction.NeverWhole);
            if (!member.TryGive(frame))
            {
                memory.Frames.Return(frame);
            }
        }

        SetTimer();
    }
}

/// <summary>What became of a fragment. Valid until the next one is taken, by whomever.</summary>
/// <param name="result">It.</param>
/// <param name="whole">The whole packet, when all is there; it may be changed.</param>
/// <param name="identification">The name that its fragments have.</param>
internal readonly ref struct Gathered(ReassemblyResult result, Span<byte> whole, uint identification)
{
    internal ReassemblyResult Result { get; } = result;

    internal Span<byte> Whole { get; } = whole;

    internal uint Identification => identification;

    /// <summary>For people: why it was refused.</summary>
    internal string Refusal => Result.Fault switch
    {
        ReassemblyFault.Overlap => "a fragment that overlaps another: its packet is given up",
        ReassemblyFault.TooLong => "a fragment of a packet that is too long",
        ReassemblyFault.TooMany => "a fragment too many: its packet is given up",
        ReassemblyFault.Tiny => "a first fragment without the whole header chain",
        ReassemblyFault.NoMemory => "a fragment for which there is no memory",
        _ => "a fragment that is malformed",
    };
}
