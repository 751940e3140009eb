using Portolan.Packets;
using Portolan.Tests.Transport.Tcp.Support;
using Portolan.Transport;
using Portolan.Transport.Ip;
using Portolan.Transport.Tcp;
using static Portolan.Tests.Transport.Tcp.Support.RecoveryStarts;

namespace Portolan.Tests.Transport.Tcp;

/// <summary>Explicit congestion notification: RFC 3168.</summary>
public sealed class TcpEcnTests
{
    [Fact]
    [Trait("RFC 9293", "SHLD-8")]
    public void ECE_reduces_the_window_once_and_is_answered_with_CWR_RFC_3168()
    {
        var peer = new ScriptedPeer(RenoProfile with { Ecn = TcpEcnPolicy.Request });
        peer.Core.Connect(new SequenceNumber(ScriptedPeer.LocalInitial), peer.Now);
        peer.Inject(TcpFlags.Syn | TcpFlags.Ack | TcpFlags.Ece, 0, 1, options: ScriptedPeer.SynOptions(1000, sack: true, null, null));
        peer.Write(30_000);
        Assert.All(peer.Drain().Where(s => s.Length > 0), segment => Assert.Equal(EcnCodepoint.Capable0, segment.Ecn));
        peer.Inject(TcpFlags.Ack | TcpFlags.Ece, 1, 2001);
        peer.Inject(TcpFlags.Ack | TcpFlags.Ece, 1, 4001);
        Assert.Equal((4000, TcpRecoveryPhase.Reduced), (peer.Core.Info().SlowStartThreshold, peer.Core.Info().Phase));
        peer.Inject(TcpFlags.Ack | TcpFlags.Ece, 1, 8001);
        var next = peer.Drain();
        Assert.Single(next, segment => (segment.Flags & TcpFlags.Cwr) != 0);
        Assert.Equal(0, peer.Core.Info().Retransmissions);
    }

    [Fact]
    [Trait("RFC 9293", "SHLD-8")]
    public void After_a_timeout_the_first_new_data_have_CWR_RFC_3168_section_6_1_2()
    {
        var peer = new ScriptedPeer(TcpProfile.Linux with { Ecn = TcpEcnPolicy.Request });
        peer.Core.Connect(new SequenceNumber(ScriptedPeer.LocalInitial), peer.Now);
        peer.Advance(10);
        peer.Inject(TcpFlags.Syn | TcpFlags.Ack | TcpFlags.Ece, 0, 1, options: ScriptedPeer.SynOptions(1000, sack: false, null, null));
        peer.Drain();
        peer.Write(1000);
        Assert.Equal(TcpFlags.None, peer.Next().Flags & TcpFlags.Cwr);
        peer.UntilSent();
        Assert.Equal(TcpFlags.None, peer.Next().Flags & TcpFlags.Cwr);
        peer.Advance(10);
        peer.Ack(1001);
        peer.Write(2000);
        Assert.Equal([TcpFlags.Cwr, TcpFlags.None], peer.Drain().Select(s => s.Flags & TcpFlags.Cwr));
    }

    [Fact]
    public void What_is_sent_again_is_not_marked_ECN_capable_RFC_3168_section_6_1_5()
    {
        var peer = new ScriptedPeer(TcpProfile.Linux with { Ecn = TcpEcnPolicy.Request });
        peer.Core.Connect(new SequenceNumber(ScriptedPeer.LocalInitial), peer.Now);
        peer.Advance(10);
        peer.Inject(TcpFlags.Syn | TcpFlags.Ack | TcpFlags.Ece, 0, 1, options: ScriptedPeer.SynOptions(1000, sack: true, null, null));
        peer.Write(5000);
        Assert.Equal(5, peer.Drain().Count(s => s.Ecn == EcnCodepoint.Capable0));
        peer.Advance(10);
        peer.Ack(1, (1001, 5001));
        Assert.Equal((1u, 1000, EcnCodepoint.NotCapable), (peer.Sent.Peek().Sequence, peer.Sent.Peek().Length, peer.Next().Ecn));
    }
}
