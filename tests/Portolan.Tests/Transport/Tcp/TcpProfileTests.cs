using Portolan.Transport.Tcp;

namespace Portolan.Tests.Transport.Tcp;

/// <summary>The values that are published of the systems whose profiles there are; docs/transport.md names where.</summary>
public sealed class TcpProfileTests
{
    /// <summary>tcp(4) and the sysctls below net.inet.tcp.</summary>
    [Fact]
    public void FreeBSD_has_the_defaults_of_its_manual()
    {
        var profile = TcpProfile.FreeBsd;
        Assert.Equal((65_536, 32_768), (profile.InitialReceiveBuffer, profile.InitialSendBuffer));
        Assert.Equal((2 << 20, 2 << 20), (profile.MaxReceiveBuffer, profile.MaxSendBuffer));
        Assert.Equal(
            (30.0, 1000.0, 64_000.0),
            (profile.RetransmissionTimeoutMin.TotalMilliseconds, profile.RetransmissionTimeoutInitial.TotalMilliseconds,
                profile.RetransmissionTimeoutMax.TotalMilliseconds));
        Assert.Equal((40.0, 10, 12), (profile.DelayedAck.TotalMilliseconds, profile.InitialWindowSegments, profile.MaxRetransmissions));
        Assert.Equal(
            (7200.0, 75.0, 8), (profile.KeepaliveIdle.TotalSeconds, profile.KeepaliveInterval.TotalSeconds, profile.KeepaliveProbes));
        Assert.Equal(
            (60.0, TcpCongestionAlgorithm.Cubic, TcpEcnPolicy.Grant), (profile.TimeWait.TotalSeconds, profile.Congestion, profile.Ecn));
    }

    /// <summary>The template Internet of Get-NetTCPSetting, and the registry's values below Tcpip\Parameters.</summary>
    [Fact]
    public void Windows_has_the_values_of_its_template_for_the_Internet()
    {
        var profile = TcpProfile.Windows;
        Assert.Equal(
            (300.0, 1000.0), (profile.RetransmissionTimeoutMin.TotalMilliseconds, profile.RetransmissionTimeoutInitial.TotalMilliseconds));
        Assert.Equal(
            (10, TcpCongestionAlgorithm.Cubic, false), (profile.InitialWindowSegments, profile.Congestion, profile.RestartsAfterIdle));
        Assert.Equal((40.0, TcpEcnPolicy.Off, 4), (profile.DelayedAck.TotalMilliseconds, profile.Ecn, profile.SynRetries));
        Assert.DoesNotContain(TcpSynOption.Timestamps, profile.SynOptions);
        Assert.Equal((120.0, 5), (profile.TimeWait.TotalSeconds, profile.MaxRetransmissions));
        Assert.Equal(
            (7200.0, 1.0, 10), (profile.KeepaliveIdle.TotalSeconds, profile.KeepaliveInterval.TotalSeconds, profile.KeepaliveProbes));
    }
}
