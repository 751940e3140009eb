using Portolan.Linux;
using Portolan.Model;
using Portolan.Sockets;
using Portolan.Sockets.Binding;
using Portolan.Tests.Support;

namespace Portolan.Tests.Sockets.Binding;

public sealed class BindExplanationTests
{
    private static readonly PortNumber Port = new(8080);

    [Fact]
    public void A_free_port_has_no_reason() => Assert.Empty(Explain(new MachineBuilder()));

    [Fact]
    public void A_dual_stack_wildcard_takes_everything() => Assert.Equal(
        ["! dual-stack: [::]:8080 is bound dual-stack: it also covers IPv4, so neither 0.0.0.0:8080 nor any single address can be bound"],
        Explain(new MachineBuilder().Listen("[::]:8080")));

    [Fact]
    public void An_ipv4_wildcard_leaves_ipv6_alone() => Assert.Equal(
        ["! wildcard: 0.0.0.0:8080 is bound: it covers every IPv4 address, and [::]:8080 can only be bound with IPV6_V6ONLY"],
        Explain(new MachineBuilder().Listen("0.0.0.0:8080")));

    [Fact]
    public void An_ipv6_only_wildcard_leaves_ipv4_alone() => Assert.Equal(
        ["! v6-only: [::]:8080 is bound for IPv6 only: every IPv4 address can be bound too, but no IPv6 address"],
        Explain(new MachineBuilder().Listen("[::]:8080").V6Only()));

    [Fact]
    public void A_single_address_stands_in_the_way_of_the_wildcard() => Assert.Equal(
        ["! specific: 127.0.0.1:8080 is bound: 0.0.0.0:8080 cannot be bound, nor [::]:8080 without IPV6_V6ONLY; "
            + "every other single address can"],
        Explain(new MachineBuilder().Listen("127.0.0.1:8080")));

    [Fact]
    public void A_single_ipv6_address_leaves_ipv4_alone() => Assert.Equal(
        ["! specific: [::1]:8080 is bound: [::]:8080 cannot be bound; 0.0.0.0:8080 and every other single address can"],
        Explain(new MachineBuilder().Listen("[::1]:8080")));

    [Fact]
    public void What_lets_a_bind_share_the_port_is_named() => Assert.Equal(
        ["! wildcard: 0.0.0.0:8080 is bound: it covers every IPv4 address, and [::]:8080 can only be bound with IPV6_V6ONLY or "
            + "SO_REUSEPORT as user 33"],
        Explain(
            new MachineBuilder().Listen("0.0.0.0:8080"), Shared(InternetAddress.AnyIPv4, "SO_REUSEPORT as user 33"),
            Shared(InternetAddress.AnyIPv6, "SO_REUSEPORT as user 33")));

    [Fact]
    public void An_option_that_helps_one_family_only_is_not_named_for_both() => Assert.Equal(
        ["! dual-stack: [::]:8080 is bound dual-stack: it also covers IPv4, so neither 0.0.0.0:8080 nor any single address can be bound"],
        Explain(
            new MachineBuilder().Listen("[::]:8080"), Shared(InternetAddress.AnyIPv4, "SO_REUSEPORT"), Shared(InternetAddress.AnyIPv6)));

    [Fact]
    public void Time_wait_is_named_with_its_pair_and_its_rest() => Assert.Equal(
        ["! time-wait: 2 past connections keep it in TIME-WAIT for 52 s more, e.g. 192.0.2.1:8080 with 203.0.113.9:40001: a bind fails "
            + "unless it sets SO_REUSEADDR"],
        Explain(
            new MachineBuilder().TimeWait("192.0.2.1:8080", "203.0.113.9:40000", 1000).TimeWait(
                "192.0.2.1:8080", "203.0.113.9:40001", 51_001),
            new BindTrial(new BindAttempt(TransportProtocol.Tcp, InternetAddress.AnyIPv4, Port), BindTrial.InUse, 0)));

    [Fact]
    public void Time_wait_that_so_reuseaddr_does_not_help_says_so() => Assert.EndsWith(
        "a bind fails even with SO_REUSEADDR, because the earlier sockets did not set it",
        Assert.Single(Explain(
            new MachineBuilder().TimeWait("192.0.2.1:8080", "203.0.113.9:40000"),
            new BindTrial(new BindAttempt(TransportProtocol.Tcp, InternetAddress.AnyIPv4, Port), BindTrial.InUse, BindTrial.InUse))),
        StringComparison.Ordinal);

    [Fact]
    public void An_outgoing_connection_can_be_in_the_way() => Assert.Equal(
        ["! connection: curl (77) uses it as the local port of 1 connection, e.g. to 203.0.113.9:443: a bind fails until it is closed"],
        Explain(new MachineBuilder().Process(77, "curl").Connection("192.0.2.1:8080", "203.0.113.9:443", pids: 77)));

    [Fact]
    public void Connections_without_a_process_are_still_closing() => Assert.Equal(
        ["! closing: 1 connection without a process is still closing, e.g. 192.0.2.1:8080 with 203.0.113.9:40000 in FIN-WAIT-2"],
        Explain(
            new MachineBuilder().Connection("192.0.2.1:8080", "203.0.113.9:40000", state: SocketState.FinWait2).With(
                (ref SocketEntry e) => e.Inode = 0)));

    [Theory]
    [InlineData(SocketState.Established)]
    [InlineData(SocketState.CloseWait)]
    [InlineData(SocketState.SynReceived)]
    public void Connections_in_the_accept_queue_are_the_listeners_and_not_closing(SocketState state) => Assert.Equal(
        ["! specific: 192.0.2.1:8080 is bound: 0.0.0.0:8080 cannot be bound, nor [::]:8080 without IPV6_V6ONLY; "
            + "every other single address can"],
        Explain(new MachineBuilder()
            .Listen("192.0.2.1:8080")
            .Connection("192.0.2.1:8080", "203.0.113.9:40000", state: state).With((ref SocketEntry e) => e.Inode = 0)));

    [Fact]
    public void Privilege_names_the_setting() => Assert.Equal(
        ["! privileged: port 8080 is privileged: below 9000 (net.ipv4.ip_unprivileged_port_start) a bind needs CAP_NET_BIND_SERVICE"],
        Explain(
            new MachineBuilder(),
            MachineBuilder.Settings with { FirstUnprivilegedPort = new PortNumber(9000) },
            new BindTrial(
                new BindAttempt(TransportProtocol.Tcp, InternetAddress.AnyIPv4, Port), BindTrial.AccessDenied, BindTrial.AccessDenied)));

    [Fact]
    public void A_reserved_port_concerns_only_the_kernels_own_choice() => Assert.Equal(
        ["- reserved: net.ipv4.ip_local_reserved_ports lists port 8080: the kernel never assigns it, but a program may bind it explicitly"],
        Explain(new MachineBuilder(), new KernelSettings { EphemeralRange = new EphemeralRange(PortRange.All, PortSet.Parse("8080")) }));

    [Fact]
    public void A_port_in_the_ephemeral_range_is_never_quite_ones_own() => Assert.Equal(
        ["- ephemeral: port 8080 lies in this host's ephemeral range (8000-9000): any outgoing connection may take it for a while"],
        Explain(new MachineBuilder(), new KernelSettings { EphemeralRange = MachineBuilder.Range(8000, 9000) }));

    [Fact]
    public void Another_namespace_is_worth_knowing_and_no_conflict() => Assert.Equal(
        ["- other-namespace: web (5) holds 8080/tcp in the network namespace blue: no conflict, each namespace has its own ports"],
        Explain(new MachineBuilder().Process(5, "web").Listen("0.0.0.0:8080", 5).InNamespace("blue")));

    [Fact]
    public void Another_port_or_protocol_is_no_reason() =>
        Assert.Empty(
            Explain(new MachineBuilder().Listen("0.0.0.0:8081").Udp("0.0.0.0:8080").Connection("192.0.2.1:40000", "203.0.113.9:8080")));

    private static BindTrial Shared(InternetAddress address, params string[] remedies) =>
        new(new BindAttempt(TransportProtocol.Tcp, address, Port), BindTrial.InUse, BindTrial.InUse) { Remedies = remedies };

    private static IEnumerable<string> Explain(MachineBuilder machine, params BindTrial[] trials) =>
        Explain(machine, MachineBuilder.Settings, trials);

    private static IEnumerable<string> Explain(MachineBuilder machine, KernelSettings settings, params BindTrial[] trials) =>
        BindExplanation.Explain(Port, TransportProtocol.Tcp, machine.Facts, settings, trials).Select(
            r => $"{(r.IsObstacle ? '!' : '-')} {r.Code}: {r.Text}");
}
