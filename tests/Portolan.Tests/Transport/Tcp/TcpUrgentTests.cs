using Portolan.Packets;
using Portolan.Tests.Transport.Tcp.Support;
using Portolan.Transport.Tcp;
using Portolan.Transport.Tcp.Core;

namespace Portolan.Tests.Transport.Tcp;

/// <summary>Urgent data, RFC 9293 section 3.8.5 and RFC 6093: in the stream, with a mark beside it.</summary>
public sealed class TcpUrgentTests
{
    [Fact]
    [Trait("RFC 9293", "MUST-32")]
    [Trait("RFC 9293", "MUST-33")]
    public void The_reader_is_told_each_time_the_mark_moves_on_and_how_far_it_is()
    {
        var peer = ScriptedPeer.Connected();
        Assert.Equal(TcpEvents.None, peer.Events & TcpEvents.Urgent);
        peer.Inject(TcpFlags.Ack | TcpFlags.Urg, 1, 1, ScriptedPeer.Bytes(10), urgent: 300);
        Assert.Equal(TcpEvents.Urgent, peer.TakeEvents() & TcpEvents.Urgent);
        Assert.Equal(300, peer.Core.UrgentPending);

        peer.Inject(TcpFlags.Ack | TcpFlags.Urg, 11, 1, ScriptedPeer.Bytes(10, 10), urgent: 290);
        Assert.Equal(TcpEvents.None, peer.TakeEvents() & TcpEvents.Urgent);
        peer.Inject(TcpFlags.Ack | TcpFlags.Urg, 21, 1, ScriptedPeer.Bytes(10, 20), urgent: 281);
        Assert.Equal(TcpEvents.Urgent, peer.TakeEvents() & TcpEvents.Urgent);

        Assert.Equal(ScriptedPeer.Bytes(30), peer.Read());
        Assert.Equal(271, peer.Core.UrgentPending);
        peer.Inject(TcpFlags.Ack, 31, 1, ScriptedPeer.Bytes(271, 30));
        Assert.Equal(271, peer.Read().Length);
        Assert.Equal(0, peer.Core.UrgentPending);
    }

    [Fact]
    [Trait("RFC 9293", "MUST-66")]
    public void The_mark_counts_while_the_window_is_shut()
    {
        var peer = ScriptedPeer.Connected(TcpProfile.Linux with { InitialReceiveBuffer = 4096, MaxReceiveBuffer = 4096 });
        peer.Inject(TcpFlags.Ack, 1, 1, ScriptedPeer.Bytes(1460));
        peer.Inject(TcpFlags.Ack, 1461, 1, ScriptedPeer.Bytes(1460, 1460));
        peer.Inject(TcpFlags.Ack, 2921, 1, ScriptedPeer.Bytes(1460, 2920));
        Assert.Equal(0, peer.Drain()[^1].Window);
        var next = (uint)peer.Core.Incoming.Next + 1;
        peer.TakeEvents();

        peer.Inject(TcpFlags.Ack | TcpFlags.Urg, next, 1, urgent: 100);

        Assert.Equal(TcpEvents.Urgent, peer.TakeEvents() & TcpEvents.Urgent);
        Assert.Equal(next - 1 + 100, peer.Core.UrgentPending);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4000)]
    [InlineData(80_000)]
    [Trait("RFC 9293", "MUST-30")]
    [Trait("RFC 9293", "MUST-31")]
    [Trait("RFC 9293", "MUST-62")]
    public void What_is_sent_before_the_mark_says_where_it_is(int length)
    {
        var peer =
            ScriptedPeer.Connected(TcpProfile.Linux with { InitialSendBuffer = 200_000, InitialWindowSegments = 100 }, windowScale: 7);
        peer.Inject(TcpFlags.Ack, 1, 1, window: 60_000);
        peer.Write(100);
        Assert.Equal((TcpFlags.Ack | TcpFlags.Psh, (ushort)0), (peer.Sent.Peek().Flags, peer.Next().Urgent));
        peer.Ack(101);

        Assert.Equal(length, peer.Core.WriteUrgent(ScriptedPeer.Bytes(length), peer.Now));

        var sent = peer.Drain();
        Assert.Equal(length, sent.Sum(segment => segment.Length));
        Assert.All(sent, segment => Assert.True(segment.Flags.HasFlag(TcpFlags.Urg)));
        Assert.All(sent, segment => Assert.Equal(Math.Min(101 + length - segment.Sequence, ushort.MaxValue), segment.Urgent));
        peer.Ack((uint)(101 + length));
        peer.Write(10);
        Assert.Equal((TcpFlags.Ack | TcpFlags.Psh, (ushort)0), (peer.Sent.Peek().Flags, peer.Next().Urgent));
    }

    [Fact]
    public void Data_marked_before_the_handshakes_end_carry_the_mark()
    {
        var peer = new ScriptedPeer();
        peer.Core.Connect(new Portolan.Transport.SequenceNumber(ScriptedPeer.LocalInitial), peer.Now);
        peer.Next();
        peer.Core.WriteUrgent(ScriptedPeer.Bytes(5), peer.Now);
        peer.Inject(TcpFlags.Syn | TcpFlags.Ack, 0, 1);
        var sent = peer.Drain().Single(segment => segment.Length > 0);
        Assert.Equal((1u, (ushort)5, true), (sent.Sequence, sent.Urgent, sent.Flags.HasFlag(TcpFlags.Urg)));
    }

    [Fact]
    [Trait("RFC 9293", "MUST-48")]
    [Trait("RFC 9293", "MUST-49")]
    [Trait("RFC 9293", "SHLD-21")]
    [Trait("RFC 9293", "SHLD-22")]
    public void The_traffic_class_and_the_hop_limit_are_the_users()
    {
        var peer = ScriptedPeer.Connected();
        peer.Write(10);
        Assert.Equal(((byte)0, (byte)0), (peer.Sent.Peek().Departure.TrafficClass, peer.Next().Departure.HopLimit));
        peer.Core.TrafficClass = 46;
        peer.Core.HopLimit = 3;
        peer.Ack(11);
        peer.Write(10);
        Assert.Equal(((byte)46, (byte)3), (peer.Sent.Peek().Departure.TrafficClass, peer.Next().Departure.HopLimit));
        peer.Core.Abort(peer.Now);
        Assert.Equal((TcpFlags.Rst | TcpFlags.Ack, (byte)46), (peer.Sent.Peek().Flags, peer.Next().Departure.TrafficClass));
    }
}
