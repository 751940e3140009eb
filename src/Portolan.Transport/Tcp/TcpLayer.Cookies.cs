using Portolan.Transport.Demultiplexing;
using Portolan.Transport.Ip;
using Portolan.Transport.Tcp.Core;
using Portolan.Transport.Tcp.Tables;

namespace Portolan.Transport.Tcp;

// Handshakes of which nothing is kept: while the queue of half-open connections is full, the SYN-ACK remembers for this end (RFC 4987
// section 3.6).
internal sealed partial class TcpLayer
{
    /// <summary>So many proven peers may wait at the shortest queue.</summary>
    private const int LeastProven = 64;

    private readonly SynCookies _cookies;

    private void SendCookie(ref HalfOpenConnection half, IpPath path, in IpArrival arrival, in IncomingSegment segment)
    {
        var (localPort, remotePort) = (segment.Segment.DestinationPort, segment.Segment.SourcePort);
        var cookie = new SynCookie(half.PeerSegmentSize, half.HasWindowScale ? half.SendShift : -1, half.HasSack);
        half.InitialSend = _cookies.Make(arrival, localPort, remotePort, half.InitialReceive, cookie, Now);
        half.Listener.CookieSentAt = Now;
        Counters.CookiesSent++;
        SendSynAck(ref half, path, localPort, remotePort);
    }

    /// <summary>
    /// Looks whether an acknowledgment at a listener brings a cookie back. Returns whether it does; then it has been dealt with.
    /// </summary>
    /// <param name="listener">The listener.</param>
    /// <param name="arrival">Whence it came.</param>
    /// <param name="segment">The acknowledgment.</param>
    /// <param name="index">The half-open connection of the pair, which was begun after the cookie had been sent; -1 for none.</param>
    private bool TryTakeCookie(TcpListener listener, in IpArrival arrival, in IncomingSegment segment, int index = -1)
    {
        if (segment.IsSyn || Now - listener.CookieSentAt > SynCookies.Lifetime)
        {
            return false;
        }

        var (initialReceive, initialSend) = (segment.Sequence - 1u, segment.Acknowledgment - 1u);
        if (!_cookies.TryRead(
            arrival, segment.Segment.DestinationPort, segment.Segment.SourcePort, initialReceive, initialSend, Now, out var cookie))
        {
            Counters.CookiesRefused++;
            return false;
        }

        var way = WayBack(arrival, listener.Request.Interface);
        if (!_output.TryFindPath(arrival.Destination, arrival.Source, way, out var path))
        {
            Counters.Drop(TcpDrop.NoPath);
            return true;
        }

        var half = Remember(listener, cookie, way, path, arrival, segment);
        if (listener.IsFull)
        {
            Counters.Drop(TcpDrop.AcceptQueueFull);
            if (index < 0)
            {
                Await(half, arrival, segment);
            }

            return true;
        }

        if (index >= 0)
        {
            ForgetHalfOpen(index);
        }

        Counters.CookiesTaken++;
        Open(half, path, arrival, segment);
        return true;
    }

    /// <summary>
    /// A peer that brings a cookie is no forgery, and it believes that it is connected: where no connection is taken now, it waits as
    /// half-open ones do, and SYN-ACK is sent again, so that a peer with nothing to say gets in too. As many may wait so as may be
    /// half-open, or a few.
    /// </summary>
    private void Await(in HalfOpenConnection proven, in IpArrival arrival, in IncomingSegment segment)
    {
        var ends = new FlowEnds(
            arrival.Destination, segment.Segment.DestinationPort, arrival.Source, segment.Segment.SourcePort, arrival.Interface);
        var listener = proven.Listener;
        if (MayWaitLonger(listener)
            && _halfOpen.Add(ends, proven with { SentAt = Now.Nanoseconds, Tries = 1 }, queue: 0) >= 0)
        {
            listener.HalfOpenCount++;
        }
    }

    /// <summary>Whether one more may be half-open beyond the backlog, as those that are no forgery.</summary>
    private static bool MayWaitLonger(TcpListener listener) =>
        listener.HalfOpenCount < listener.Request.Backlog + Math.Max(listener.Request.Backlog, LeastProven);

    private HalfOpenConnection Remember(
        TcpListener listener, in SynCookie cookie, int way, IpPath path, in IpArrival arrival, in IncomingSegment segment)
    {
        var offset = TimestampOffset(arrival.Destination, arrival.Source);

        // A peer that has timestamps echoes the one of the SYN-ACK, which measures the round trip too.
        var age = (int)(TimestampOf(offset) - segment.TimestampEcho);
        var hasTimestamps = Environment.Layout.HasTimestamps && segment.HasTimestamps && age >= 0
            && age <= SynCookies.Lifetime.TotalMilliseconds;

        // One that comes late may be a later segment, the first having been lost: it measures nothing.
        var isRecent = age * TcpTimings.Millisecond <= Environment.Timings.RtoInitial;
        return new HalfOpenConnection
        {
            Listener = listener,
            SentAt = hasTimestamps && isRecent ? Now.Nanoseconds - (Math.Max(1, age) * TcpTimings.Millisecond) : TcpTimings.Never,
            InitialSend = segment.Acknowledgment - 1u,
            InitialReceive = segment.Sequence - 1u,
            TimestampRecent = hasTimestamps ? segment.TimestampValue : 0,
            TimestampOffset = offset,
            Interface = way,
            PeerSegmentSize = (ushort)Math.Min(
                TcpCore.LimitOf(listener.SegmentSize), TcpCore.SegmentSizeOf((ushort)cookie.SegmentSize, arrival.Source.IsIPv4, Profile)),
            Window = SynAckWindow(OfferedSegmentSize(path, listener.SegmentSize), hasTimestamps),
            SendShift = (byte)Math.Max(0, cookie.WindowShift),
            HasWindowScale = cookie.WindowShift >= 0,
            HasSack = cookie.HasSack,
            HasTimestamps = hasTimestamps,
        };
    }
}
