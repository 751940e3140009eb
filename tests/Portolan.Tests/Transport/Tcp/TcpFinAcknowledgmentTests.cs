using Portolan.Model;
using Portolan.Packets;
using Portolan.Tests.Transport.Tcp.Support;
using Portolan.Transport.Tcp;

namespace Portolan.Tests.Transport.Tcp;

/// <summary>When a FIN is acknowledged: Linux lets it wait for what this side says next (tcp_fin), others do not.</summary>
public sealed class TcpFinAcknowledgmentTests
{
    [Fact]
    public void Who_closes_when_its_peer_has_answers_in_one_segment()
    {
        var peer = ScriptedPeer.Connected();
        peer.Inject(TcpFlags.Fin | TcpFlags.Ack, 1, 1);
        Assert.Empty(peer.Sent);
        peer.Core.Close(peer.Now);
        var answer = peer.Next();
        Assert.Equal((TcpFlags.Fin | TcpFlags.Ack, 1u, 2u), (answer.Flags, answer.Sequence, answer.Acknowledgment));
        peer.Inject(TcpFlags.Ack, 2, 2);
        Assert.Equal(TcpState.Closed, peer.Core.State);
        Assert.Empty(peer.Sent);
    }

    /// <summary>Until the next tick where no data came, else as long as data wait.</summary>
    [Theory]
    [InlineData(0, 4)]
    [InlineData(10, 40)]
    public void Who_goes_on_acknowledges_it_within_the_delay(int text, int milliseconds)
    {
        var peer = ScriptedPeer.Connected();
        peer.Inject(TcpFlags.Fin | TcpFlags.Ack, 1, 1, ScriptedPeer.Bytes(text));
        peer.Advance(milliseconds - 1);
        Assert.Empty(peer.Sent);
        peer.Advance(1);
        var answer = peer.Next();
        Assert.Equal(
            (TcpFlags.Ack, 1u, (uint)(2 + text), TcpState.CloseWait),
            (answer.Flags, answer.Sequence, answer.Acknowledgment, peer.Core.State));
    }

    [Fact]
    public void What_is_written_next_acknowledges_it_too()
    {
        var peer = ScriptedPeer.Connected();
        peer.Inject(TcpFlags.Fin | TcpFlags.Ack, 1, 1, ScriptedPeer.Bytes(10));
        Assert.Empty(peer.Sent);
        peer.Core.Write(ScriptedPeer.Bytes(5), peer.Now);
        var answer = peer.Next();
        Assert.Equal((5, 12u), (answer.Length, answer.Acknowledgment));
        peer.Advance(100);
        Assert.DoesNotContain(peer.Sent, static s => s.Length == 0);
    }

    [Fact]
    public void One_that_closes_a_gap_or_leaves_one_is_acknowledged_at_once()
    {
        var peer = ScriptedPeer.Connected();
        peer.Inject(TcpFlags.Fin | TcpFlags.Ack, 11, 1);
        Assert.Equal(1u, peer.Next().Acknowledgment);
        peer.Inject(TcpFlags.Ack, 1, 1, ScriptedPeer.Bytes(10));
        Assert.Equal((12u, TcpState.CloseWait), (peer.Next().Acknowledgment, peer.Core.State));
    }

    [Theory]
    [InlineData("freebsd")]
    [InlineData("windows")]
    public void Others_acknowledge_it_at_once(string name)
    {
        var peer = ScriptedPeer.Connected(name == "freebsd" ? TcpProfile.FreeBsd : TcpProfile.Windows);
        peer.Inject(TcpFlags.Fin | TcpFlags.Ack, 1, 1);
        Assert.Equal((TcpFlags.Ack, 2u), (peer.Sent.Peek().Flags, peer.Next().Acknowledgment));
    }

    [Fact]
    public void An_acknowledgment_from_before_a_FIN_that_comes_after_it_still_counts()
    {
        var peer = ScriptedPeer.Connected();
        peer.Core.Write(ScriptedPeer.Bytes(100), peer.Now);
        peer.Next();
        peer.Inject(TcpFlags.Fin | TcpFlags.Ack, 1, 1);
        peer.Inject(TcpFlags.Ack, 1, 101);
        Assert.Equal((100, 2u), (peer.Core.Info(peer.Now).BytesAcknowledged, peer.Next().Acknowledgment));
        Assert.Empty(peer.Sent);
    }
}
