using Portolan.Model;
using Portolan.Packets;
using Portolan.Tests.Transport.Ip;
using Portolan.Tests.Transport.Tcp.Support;
using Portolan.Transport.Ports;
using Portolan.Transport.Tcp;
using Portolan.Transport.Tcp.Recovery;

namespace Portolan.Tests.Transport.Tcp;

/// <summary>Requirements of RFC 9293 that no mechanism's own tests show.</summary>
public sealed class TcpStandardTests
{
    private static IEnumerable<TcpProfile> Profiles => [TcpProfile.Linux, TcpProfile.FreeBsd, TcpProfile.Minimal];

    [Fact]
    [Trait("RFC 9293", "MUST-1")]
    [Trait("RFC 9293", "REC-1")]
    public void The_largest_window_that_can_be_told_is_counted_as_it_is()
    {
        var peer = ScriptedPeer.Connected(windowScale: 14);
        peer.Inject(TcpFlags.Ack, 1, 1, window: ushort.MaxValue);
        Assert.Equal(65535L << 14, peer.Core.Info().SendWindow);
    }

    [Fact]
    [Trait("RFC 9293", "MUST-65")]
    public void Only_a_SYN_names_the_MSS()
    {
        var peer = ScriptedPeer.Connected(timestamps: true);
        peer.Write(10);
        peer.Core.Shutdown(peer.Now);
        peer.Advance(2000);
        var sent = peer.Drain();
        Assert.Contains(sent, segment => segment.Flags.HasFlag(TcpFlags.Fin));
        Assert.All(sent, segment => Assert.Equal([1, 1, 8, 10], segment.Options[..4]));
        Assert.All(sent, segment => Assert.Equal(12, segment.Options.Length));
    }

    [Fact]
    [Trait("RFC 9293", "SHLD-2")]
    public void An_RST_with_data_ends_a_connection_and_its_data_are_not_read()
    {
        var peer = ScriptedPeer.Connected();
        peer.Inject(TcpFlags.Rst, 1, 0, ScriptedPeer.Bytes(20));
        Assert.Equal((TcpState.Closed, TcpError.Reset), (peer.Core.State, peer.Core.Error));
        Assert.Empty(peer.Read());
    }

    [Fact]
    [Trait("RFC 9293", "MUST-18")]
    public void What_was_sent_twice_measures_nothing_without_timestamps()
    {
        var peer = ScriptedPeer.Connected();
        peer.Write(10);
        var before = peer.Core.Info();
        peer.Drain();
        peer.UntilSent();
        peer.Drain();
        peer.Advance(700);
        peer.Ack(11);
        Assert.Equal(before.SmoothedRoundTrip, peer.Core.Info().SmoothedRoundTrip);

        peer.Write(10);
        peer.Advance(90);
        peer.Ack(21);
        Assert.True(peer.Core.Info().SmoothedRoundTrip > before.SmoothedRoundTrip);
    }

    [Fact]
    [Trait("RFC 9293", "MUST-18")]
    public void A_SYN_that_was_sent_twice_measures_nothing_and_data_begin_with_three_seconds_and_one_segment_RFC_6298_section_5_7()
    {
        var peer = new ScriptedPeer();
        peer.Core.Connect(new Portolan.Transport.SequenceNumber(ScriptedPeer.LocalInitial), peer.Now);
        peer.Advance(1010);
        Assert.Equal(2, peer.Drain().Length);
        peer.Inject(TcpFlags.Syn | TcpFlags.Ack, 0, 1, options: ScriptedPeer.SynOptions(1460, sack: true, null, null));
        Assert.Equal(
            (TimeSpan.Zero, TimeSpan.FromSeconds(3)), (peer.Core.Info().SmoothedRoundTrip, peer.Core.Info().RetransmissionTimeout));
        Assert.Equal(peer.Core.Info().SegmentSize, peer.Core.Info().CongestionWindow);
    }

    [Fact]
    [Trait("RFC 9293", "MUST-18")]
    public void Timestamps_tell_which_copy_was_answered_so_that_it_measures_RFC_7323_section_4()
    {
        var peer = ScriptedPeer.Connected(timestamps: true);
        peer.Write(10);
        peer.Advance(20_000);
        var again = peer.Drain()[^1];
        var sample = TimeSpan.FromMilliseconds((peer.Now.Nanoseconds / 1_000_000) - again.Timestamps()!.Value.Value);
        var before = peer.Core.Info().SmoothedRoundTrip;
        peer.Inject(TcpFlags.Ack, 1, 11, options: ScriptedPeer.Timestamps(1001, again.Timestamps()!.Value.Value));
        Assert.Equal(before + ((sample - before) / 8), peer.Core.Info().SmoothedRoundTrip);
    }

    [Fact]
    [Trait("RFC 9293", "MUST-18")]
    public void RTO_is_SRTT_and_four_times_RTTVAR_which_is_reckoned_first_RFC_6298_section_2()
    {
        var timings = ScriptedPeer.Connected().Environment.Timings;
        var estimator = RoundTripEstimator.Start(timings);
        estimator.Add(1000 * TcpTimings.Millisecond, 0, timings);
        Assert.Equal((1000, 500, 3000), InMilliseconds(estimator));
        estimator.Add(2000 * TcpTimings.Millisecond, 0, timings);
        Assert.Equal((1125, 625, 3625), InMilliseconds(estimator));

        static (long Smoothed, long Variation, long Timeout) InMilliseconds(RoundTripEstimator estimator) =>
            (estimator.Smoothed / TcpTimings.Millisecond, estimator.Variation / TcpTimings.Millisecond,
                estimator.Timeout / TcpTimings.Millisecond);
    }

    [Fact]
    [Trait("RFC 9293", "MUST-25")]
    public void An_idle_connection_is_not_probed_unless_somebody_asks()
    {
        var peer = ScriptedPeer.Connected();
        peer.Advance(TimeSpan.FromDays(3).TotalMilliseconds);
        peer.Quiet();
        Assert.Equal(TcpState.Established, peer.Core.State);
    }

    [Fact]
    [Trait("RFC 9293", "MUST-28")]
    public void By_default_probes_wait_for_two_hours() =>
        Assert.All(Profiles, static profile => Assert.True(profile.KeepaliveIdle >= TimeSpan.FromHours(2)));

    [Fact]
    [Trait("RFC 9293", "SHLD-12")]
    public void A_probe_has_no_data()
    {
        var peer = ScriptedPeer.Connected();
        peer.Core.SetKeepalive(10_000_000_000, 1_000_000_000, 3, peer.Now);
        Assert.Equal(10_000, peer.UntilSent());
        var probe = peer.Next();
        Assert.Equal((TcpFlags.Ack, 0u, 0), (probe.Flags, probe.Sequence, probe.Length));
    }

    [Theory]
    [InlineData("224.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("198.18.1.255")]
    [InlineData("0.0.0.0")]
    [InlineData("ff02::1")]
    [InlineData("::")]
    [Trait("RFC 9293", "MUST-46")]
    public void An_open_to_a_group_to_all_or_to_nobody_is_refused(string to)
    {
        var (_, tcp, network) = Host();
        var result = tcp.Connect(new TcpConnectRequest(LabNetwork.Ip(to), new PortNumber(80)), network.Now);
        Assert.Equal((null, TcpError.NetworkUnreachable), (result.Connection, result.Error));
    }

    [Theory]
    [InlineData("198.18.1.77", null, "198.18.1.1")]
    [InlineData("198.18.1.77", "198.18.1.2", "198.18.1.2")]
    [InlineData("2001:db8:1::77", null, "2001:db8:1::1")]
    [InlineData("2001:db8:1::77", "2001:db8:1::2", "2001:db8:1::2")]
    [Trait("RFC 9293", "MUST-43")]
    [Trait("RFC 9293", "MUST-44")]
    [Trait("RFC 9293", "MUST-45")]
    public void An_open_has_the_local_address_that_was_asked_for_or_the_one_that_IP_chooses_for_good(
        string to, string? local, string expected)
    {
        var (host, tcp, network) = Host();
        host.AdvanceTo(network.Now);
        var connection = tcp.Connect(
            new TcpConnectRequest(LabNetwork.Ip(to), new PortNumber(80), local is null ? default : LabNetwork.Ip(local)),
            network.Now).Connection;
        Assert.NotNull(connection);
        Assert.Equal(LabNetwork.Ip(expected), connection.Local);
        network.Run(1);
        Assert.Equal(LabNetwork.Ip(expected), connection.Local);
    }

    private static (Portolan.Transport.Ip.IpHost Host, TcpLayer Tcp, LabNetwork Network) Host()
    {
        var network = new LabNetwork();
        var host = network.AddHost();
        host.Join(network.AddSwitch(), addresses: "198.18.1.1/24 198.18.1.2/24 2001:db8:1::1/64 2001:db8:1::2/64");
        var ports = new PortTable(new LinuxBindRules(), new EphemeralRange(new PortRange(new(32768), new(60999)), new PortSet()), 1);
        var tcp = new TcpLayer(host.Ip, host.Pool, ports, new TcpLayerOptions { Seed = 1 });
        host.Ip.Register(IpProtocol.Tcp, tcp);
        network.Run(2);
        return (host.Ip, tcp, network);
    }
}
