using Portolan.Model;
using Portolan.Tests.Transport.Tcp.Support;
using Portolan.Transport;
using Portolan.Transport.Ip;
using Portolan.Transport.Tcp;
using static Portolan.Tests.Transport.Tcp.Support.RecoveryStarts;

namespace Portolan.Tests.Transport.Tcp;

/// <summary>What ICMP says of a connection: RFC 1191, 5461, 5927.</summary>
public sealed class TcpIcmpTests
{
    [Fact]
    [Trait("RFC 9293", "SHLD-6")]
    public void A_packet_too_big_makes_segments_smaller_and_is_no_congestion_RFC_1191()
    {
        var peer = ScriptedPeer.Connected(mss: 1460);
        peer.Write(14_600);
        peer.Drain();
        var window = peer.Core.Info().CongestionWindow;
        var report = new IcmpArrival(IcmpProblem.PacketTooBig, 3, 4, 1200, ScriptedPeer.There, ScriptedPeer.Here, ScriptedPeer.There, 1);
        peer.Core.OnIcmp(report, new SequenceNumber(ScriptedPeer.LocalInitial) + 20_000u, 1500, peer.Now);
        Assert.Equal(1460, peer.Core.Info().SegmentSize);
        peer.Core.OnIcmp(report, new SequenceNumber(ScriptedPeer.LocalInitial) + 1u, 1200, peer.Now);
        Assert.Equal(1460, peer.Core.Info().SegmentSize);
        peer.Core.OnIcmp(report, new SequenceNumber(ScriptedPeer.LocalInitial) + 1u, 1500, peer.Now);
        Assert.Equal(1160, peer.Core.Info().SegmentSize);
        Assert.Equal((window, 1L << 30), (peer.Core.Info().CongestionWindow, peer.Core.Info().SlowStartThreshold));
        var again = peer.Drain();
        Assert.NotEmpty(again);
        Assert.All(again, segment => Assert.InRange(segment.Length, 1, 1160));
        Assert.Equal(1u, again[0].Sequence);

        // Slow start goes on.
        peer.Ack(14_601);
        Assert.Equal((TcpRecoveryPhase.Open, 1L << 30), (peer.Core.Info().Phase, peer.Core.Info().SlowStartThreshold));
        Assert.True(peer.Core.Info().CongestionWindow > window);
    }

    [Fact]
    public void A_timeout_after_a_smaller_path_MTU_is_congestion_like_any_other()
    {
        var peer = ScriptedPeer.Connected(RenoProfile, mss: 1460);
        peer.Write(14_600);
        peer.Drain();
        var report = new IcmpArrival(IcmpProblem.PacketTooBig, 3, 4, 1200, ScriptedPeer.There, ScriptedPeer.Here, ScriptedPeer.There, 1);
        peer.Core.OnIcmp(report, new SequenceNumber(ScriptedPeer.LocalInitial) + 1u, 1500, peer.Now);
        Assert.NotEmpty(peer.Drain());
        peer.UntilSent();
        Assert.Equal((1, 1160, 7300), (peer.Core.Info().Timeouts, peer.Core.Info().CongestionWindow, peer.Core.Info().SlowStartThreshold));
    }

    [Theory]
    [Trait("RFC 9293", "SHLD-25")]
    [InlineData(IcmpProblem.TimeExceeded, TcpError.HostUnreachable)]
    [InlineData(IcmpProblem.ReassemblyTimeExceeded, TcpError.HostUnreachable)]
    [InlineData(IcmpProblem.ParameterProblem, TcpError.ParameterProblem)]
    public void Time_exceeded_and_parameter_problems_are_told_and_end_nothing(Enum problem, Enum error)
    {
        var peer = TenOut();
        var report = new IcmpArrival((IcmpProblem)problem, 11, 0, 0, ScriptedPeer.There, ScriptedPeer.Here, ScriptedPeer.There, 1);
        peer.Core.OnIcmp(report, new SequenceNumber(ScriptedPeer.LocalInitial) + 1u, 1040, peer.Now);
        Assert.Equal((TcpState.Established, (TcpError)error), (peer.Core.State, peer.Core.SoftError));
    }

    [Fact]
    [Trait("RFC 9293", "MUST-47")]
    [Trait("RFC 9293", "SHLD-25")]
    [Trait("RFC 9293", "SHLD-26")]
    [Trait("RFC 9293", "MUST-56")]
    public void Unreachables_end_an_attempt_and_not_a_connection_RFC_5461()
    {
        var report = new IcmpArrival(IcmpProblem.PortUnreachable, 3, 3, 0, ScriptedPeer.There, ScriptedPeer.Here, ScriptedPeer.There, 1);
        var peer = TenOut();
        peer.Core.OnIcmp(report, new SequenceNumber(ScriptedPeer.LocalInitial) + 1u, 1040, peer.Now);
        Assert.Equal((TcpState.Established, TcpError.PortUnreachable), (peer.Core.State, peer.Core.SoftError));
        var attempt = new ScriptedPeer();
        attempt.Core.Connect(new SequenceNumber(ScriptedPeer.LocalInitial), attempt.Now);
        attempt.Core.OnIcmp(report, new SequenceNumber(ScriptedPeer.LocalInitial), 60, attempt.Now);
        Assert.Equal((TcpState.Closed, TcpError.PortUnreachable), (attempt.Core.State, attempt.Core.Error));
    }
}
