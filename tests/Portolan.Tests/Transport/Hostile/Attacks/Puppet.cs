using Portolan.Model;
using Portolan.Packets;

namespace Portolan.Tests.Transport.Hostile.Attacks;

/// <summary>A stranger's end of a connection: he keeps the numbers, and sends what an attack wants.</summary>
internal sealed class Puppet(HostileWorld world, InternetAddress address, int port, int to, int window, int shift, bool timestamps)
{
    internal const uint First = 1_000_000;

    internal InternetAddress Address => address;

    internal int Port => port;

    /// <summary>What his window field says.</summary>
    internal int Window { get; set; } = window;

    /// <summary>His next sequence number.</summary>
    internal uint Next { get; set; } = First + 1;

    /// <summary>The victim's initial sequence number.</summary>
    internal uint VictimFirst { get; private set; }

    /// <summary>The number after the highest that the victim has sent.</summary>
    internal uint Heard { get; private set; }

    /// <summary>What he acknowledges.</summary>
    internal uint Acknowledged { get; set; }

    /// <summary>What the victim acknowledged last.</summary>
    internal uint TakenByVictim { get; private set; }

    internal bool IsOpen { get; private set; }

    internal bool HasHeardReset { get; private set; }

    internal bool HasHeardFin { get; private set; }

    /// <summary>Segments that he heard.</summary>
    internal long Count { get; private set; }

    /// <summary>The most payload bytes of a segment that he heard.</summary>
    internal int LongestHeard { get; private set; }

    /// <summary>The least payload bytes of a segment that had any.</summary>
    internal int ShortestHeard { get; private set; } = int.MaxValue;

    internal uint StampHeard { get; private set; }

    /// <summary>The Fast Open cookie that he was given; empty for none.</summary>
    internal byte[] Cookie { get; private set; } = [];

    /// <summary>SYN, then ACK of what is answered.</summary>
    internal void Open(int mss = 1460, bool sack = true)
    {
        Send(TcpFlags.Syn, First, 0, Forge.SynOptions(mss, shift, sack, timestamps ? 1u : null));
        if (IsOpen)
        {
            Acknowledge(VictimFirst + 1);
        }
    }

    internal void Acknowledge(uint acknowledgment, ReadOnlySpan<byte> options = default)
    {
        Acknowledged = acknowledgment;
        Send(TcpFlags.Ack, Next, acknowledgment, options);
    }

    /// <summary>Sends a segment as it is.</summary>
    internal void Send(
        TcpFlags flags, uint sequence, uint acknowledgment, ReadOnlySpan<byte> options = default, ReadOnlySpan<byte> payload = default) =>
        world.Strike(Forge.Segment(address, port, HostileWorld.Victim4, to, flags, sequence, acknowledgment, Window, options, payload));

    /// <summary>Options with SACK blocks, relative to what he has acknowledged.</summary>
    internal static byte[] Sack(params ReadOnlySpan<TcpSackBlock> blocks)
    {
        var buffer = new byte[TcpOptionsWriter.MaxLength];
        var writer = new TcpOptionsWriter(buffer);
        writer.AddNoOperation();
        writer.AddNoOperation();
        writer.AddSackBlocks(blocks);
        return buffer[..writer.Pad()];
    }

    internal void Hear(TcpSegment segment)
    {
        Count++;
        HasHeardReset |= (segment.Flags & TcpFlags.Rst) != 0;
        HasHeardFin |= (segment.Flags & TcpFlags.Fin) != 0;
        if ((segment.Flags & TcpFlags.Rst) != 0)
        {
            return;
        }

        TakenByVictim = segment.Acknowledgment;
        if (segment.Options.TryReadTimestamps(out var value, out _))
        {
            StampHeard = value;
        }

        if ((segment.Flags & TcpFlags.Syn) != 0)
        {
            (VictimFirst, Heard, IsOpen) = (segment.Sequence, segment.Sequence + 1, true);
            Cookie = segment.Options.Read().FastOpenCookie is { IsEmpty: false } cookie ? cookie.ToArray() : Cookie;
            return;
        }

        var end = segment.Sequence + (uint)segment.SequenceLength;
        Heard = (int)(end - Heard) > 0 ? end : Heard;
        if (!segment.Payload.IsEmpty)
        {
            LongestHeard = Math.Max(LongestHeard, segment.Payload.Length);
            ShortestHeard = Math.Min(ShortestHeard, segment.Payload.Length);
        }
    }
}
