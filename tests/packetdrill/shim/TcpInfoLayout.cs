using System.Runtime.InteropServices;
using Portolan.Model;
using Portolan.Transport;
using Portolan.Transport.Tcp;

namespace Portolan.Packetdrill;

/// <summary><c>struct tcp_info</c> of Linux (include/uapi/linux/tcp.h). Where it counts segments, bytes are divided by the MSS.</summary>
internal static class TcpInfoLayout
{
    internal const int Length = 280;

    private const uint NoThreshold = 0x7fffffff;

    internal static void Write(TcpConnection? connection, Span<byte> room, Instant now, int segmentSize)
    {
        room.Clear();
        if (connection is null)
        {
            room[0] = 10;
            return;
        }

        var info = connection.Info(now);
        var mss = Math.Max(1, info.SegmentSize);
        room[0] = StateNumber(info.State);
        room[1] = (byte)info.Phase;
        room[2] = (byte)info.Backoff;
        room[3] = (byte)info.Probes;
        room[4] = (byte)(info.Probes > 0 ? 0 : info.Backoff);
        room[5] = (byte)((info.HasTimestamps ? 1 : 0) | (info.HasSack ? 2 : 0)
            | (info.SendWindowScale > 0 || info.ReceiveWindowScale > 0 ? 4 : 0) | (info.HasEcn ? 8 : 0)
            | (info.FastOpen == TcpFastOpenOutcome.Accepted ? 32 : 0));
        room[6] = (byte)(info.SendWindowScale | (info.ReceiveWindowScale << 4));
        room[7] = info.FastOpen switch
        {
            TcpFastOpenOutcome.NoCookie => 1 << 1,
            TcpFastOpenOutcome.NotAcknowledged => 2 << 1,
            TcpFastOpenOutcome.SynLost => 3 << 1,
            _ => 0,
        };
        var words = MemoryMarshal.Cast<byte, uint>(room);
        words[2] = Microseconds(info.RetransmissionTimeout);
        words[3] = 40_000;
        words[4] = (uint)info.SegmentSize;
        words[5] = (uint)info.ReceiveSegmentSize;
        words[6] = Segments(info.BytesUnacknowledged, mss);
        words[7] = Segments(info.BytesSacked, mss);
        words[8] = Segments(info.BytesLost, mss);
        words[9] = Segments(info.BytesResent, mss);
        words[11] = Milliseconds(info.SinceLastDataSent);
        words[13] = Milliseconds(info.SinceLastDataReceived);
        words[14] = Milliseconds(info.SinceLastReceived);
        words[15] = 1500;
        words[17] = Microseconds(info.SmoothedRoundTrip);
        words[18] = Microseconds(info.RoundTripVariation);
        words[19] = info.SlowStartThreshold >= 1L << 30 ? NoThreshold : (uint)(info.SlowStartThreshold / mss);
        words[20] = (uint)(info.CongestionWindow / mss);
        words[21] = (uint)(segmentSize > 0 ? segmentSize : 1460);
        words[22] = (uint)info.Reordering;
        words[25] = (uint)info.Retransmissions;
        Long(room, 120, info.BytesAcknowledged);
        Long(room, 128, info.BytesReceived);
        words[34] = (uint)info.SegmentsSent;
        words[35] = (uint)info.SegmentsReceived;
        words[36] = (uint)info.BytesUnsent;
        words[37] = Microseconds(info.MinRoundTrip);
        Long(room, 168, info.TimeBusy.Ticks / TimeSpan.TicksPerMicrosecond);
        Long(room, 176, info.TimeReceiverLimited.Ticks / TimeSpan.TicksPerMicrosecond);
        Long(room, 184, info.TimeSendBufferLimited.Ticks / TimeSpan.TicksPerMicrosecond);
        words[54] = (uint)info.DuplicateSacks;
        words[55] = (uint)info.ReorderingSeen;
        words[57] = (uint)info.SendWindow;
        words[58] = (uint)info.ReceiveWindow;
    }

    private static void Long(Span<byte> room, int at, long value) => BitConverter.TryWriteBytes(room[at..], value);

    private static uint Segments(long bytes, int mss) => (uint)((bytes + mss - 1) / mss);

    private static uint Microseconds(TimeSpan span) => (uint)Math.Min(uint.MaxValue, span.Ticks / TimeSpan.TicksPerMicrosecond);

    private static uint Milliseconds(TimeSpan span) => (uint)Math.Min(uint.MaxValue, span.Ticks / TimeSpan.TicksPerMillisecond);

    /// <summary>The kernel's number of a state (include/net/tcp_states.h).</summary>
    private static byte StateNumber(TcpState state) => state switch
    {
        TcpState.Established => 1,
        TcpState.SynSent => 2,
        TcpState.SynReceived => 3,
        TcpState.FinWait1 => 4,
        TcpState.FinWait2 => 5,
        TcpState.TimeWait => 6,
        TcpState.Closed => 7,
        TcpState.CloseWait => 8,
        TcpState.LastAck => 9,
        TcpState.Listen => 10,
        _ => 11,
    };
}
