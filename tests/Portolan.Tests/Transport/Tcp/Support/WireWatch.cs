using Portolan.Packets;
using Portolan.Transport;

namespace Portolan.Tests.Transport.Tcp.Support;

/// <summary>Looks at every segment on the wire of one connection and fails on what no sender may do.</summary>
internal sealed class WireWatch
{
    private readonly Dictionary<TcpHost, Side> _sides = [];
    private readonly TcpWorld _world;

    public WireWatch(TcpWorld world)
    {
        _world = world;
        _sides[world.Client] = new Side();
        _sides[world.Server] = new Side();
        world.Tap = OnSent;
        world.Arrived = OnArrived;
    }

    private void OnSent(TcpHost from, byte[] bytes)
    {
        Assert.True(TcpSegment.TryRead(bytes, out var segment));
        var (me, peer) = (_sides[from], _sides[from == _world.Client ? _world.Server : _world.Client]);
        var (sequence, end) = (new SequenceNumber(segment.Sequence), new SequenceNumber(segment.Sequence) + (uint)segment.SequenceLength);
        var options = segment.Options;
        if ((segment.Flags & TcpFlags.Rst) != 0)
        {
            return;
        }

        if ((segment.Flags & TcpFlags.Syn) != 0)
        {
            me.Scale = options.WindowScale ?? 0;
            me.HasScale = options.WindowScale is not null;

            // A listener that has forgotten a half-open connection answers the next SYN with another number.
            me.Initial = me.HasSent ? me.Initial : sequence;
            me.Highest = me.HasSent && sequence <= me.Highest ? SequenceNumber.Later(me.Highest, end) : end;
            me.HasSent = true;
        }

        var hasTimestamps = options.TryReadTimestamps(out var value, out _);
        if (hasTimestamps)
        {
            Assert.True(!me.HasTimestamp || new SequenceNumber(value) >= new SequenceNumber(me.Timestamp), "timestamps run backwards");
            (me.Timestamp, me.HasTimestamp) = (value, true);
        }

        if ((segment.Flags & TcpFlags.Ack) != 0)
        {
            var acknowledgment = new SequenceNumber(segment.Acknowledgment);
            Assert.True(acknowledgment <= peer.Highest, "acknowledges what was never sent");
            Assert.True(!me.HasAcked || acknowledgment >= me.Acked, "the acknowledgment goes back");
            (me.Acked, me.HasAcked) = (acknowledgment, true);
            var shift = (segment.Flags & TcpFlags.Syn) == 0 && me.HasScale && peer.HasScale ? me.Scale : 0;
            var edge = acknowledgment + ((uint)segment.Window << shift);
            Assert.True(!me.HasEdge || edge >= me.Edge, $"the right edge goes back by {me.Edge - edge}");
            (me.Edge, me.HasEdge) = (edge, true);
        }

        if (segment.SequenceLength > 0 && (segment.Flags & TcpFlags.Syn) == 0)
        {
            // Who is opened by a cookie sends by the window of the SYN, before anything is acknowledged (RFC 7413 section 4.2.2).
            Assert.True(
                me.HasSeenEdge ? end <= me.SeenEdge : me.SynWindow > 0 && end <= me.Initial + 1u + (uint)me.SynWindow,
                $"sends {end - me.SeenEdge} beyond the window");
            me.Highest = SequenceNumber.Later(me.Highest, end);
        }

        Assert.True(
            sequence <= me.Highest,
            $"{segment.Flags} {segment.Sequence} lies beyond {me.Highest} at {_world.Now.Nanoseconds}, sent by the client: "
                + $"{from == _world.Client}");
    }

    private void OnArrived(TcpHost to, byte[] bytes)
    {
        var (me, peer) = (_sides[to], _sides[to == _world.Client ? _world.Server : _world.Client]);
        if (!TcpSegment.TryRead(bytes, out var segment)
            || !segment.HasValidChecksum(to == _world.Client ? _world.Server.Address : _world.Client.Address, to.Address)
            || (segment.Flags & TcpFlags.Rst) != 0)
        {
            return;
        }

        var isSyn = (segment.Flags & TcpFlags.Syn) != 0;
        var start = (segment.Flags & TcpFlags.Ack) != 0 ? new SequenceNumber(segment.Acknowledgment) : me.Highest;
        var edge = start + ((uint)segment.Window << (!isSyn && peer.HasScale && me.HasScale ? peer.Scale : 0));
        me.SeenEdge = me.HasSeenEdge ? SequenceNumber.Later(me.SeenEdge, edge) : edge;
        me.HasSeenEdge |= (segment.Flags & TcpFlags.Ack) != 0;
        me.SynWindow = isSyn ? segment.Window : me.SynWindow;
    }

    private sealed class Side
    {
        public int Scale;
        public bool HasScale;
        public bool HasSent;
        public SequenceNumber Initial;
        public SequenceNumber Highest;
        public int SynWindow;
        public SequenceNumber Acked;
        public bool HasAcked;
        public SequenceNumber Edge;
        public bool HasEdge;
        public SequenceNumber SeenEdge;
        public bool HasSeenEdge;
        public uint Timestamp;
        public bool HasTimestamp;
    }
}
