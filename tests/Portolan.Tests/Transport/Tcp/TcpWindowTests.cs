using Portolan.Model;
using Portolan.Packets;
using Portolan.Tests.Transport.Tcp.Support;

namespace Portolan.Tests.Transport.Tcp;

/// <summary>
/// Which windows count, and what an end with text unread says: RFC 9293 sections 3.10.5 and 3.10.7.4, RFC 2525 section 2.17.
/// </summary>
public sealed class TcpWindowTests
{
    [Fact]
    public void The_window_of_a_segment_older_than_the_one_that_told_it_last_is_not_taken()
    {
        var peer = ScriptedPeer.Connected(mss: 1000);
        peer.Inject(TcpFlags.Ack, 101, 1, ScriptedPeer.Bytes(10), window: 0);
        peer.Inject(TcpFlags.Ack, 1, 1, ScriptedPeer.Bytes(10), window: 60_000);
        peer.Drain();
        peer.Write(1000);
        peer.Quiet();

        // The same number again tells it, and the probe would have asked.
        peer.Inject(TcpFlags.Ack, 101, 1, window: 60_000);
        Assert.Equal(1000, peer.Next().Length);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Who_gives_up_in_LAST_ACK_says_so_only_if_text_was_never_read(bool isRead)
    {
        var peer = ScriptedPeer.Connected(mss: 1000);
        peer.Inject(TcpFlags.Fin | TcpFlags.Ack, 1, 1, ScriptedPeer.Bytes(10));
        peer.Core.Shutdown(peer.Now);
        peer.Drain();
        Assert.Equal(TcpState.LastAck, peer.Core.State);
        if (isRead)
        {
            peer.Read();
        }

        peer.Core.Abort(peer.Now);
        Assert.Equal(isRead ? [] : [TcpFlags.Rst | TcpFlags.Ack], peer.Drain().Select(s => s.Flags));
    }
}
