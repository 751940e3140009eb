using Portolan.Model;
using Portolan.Sockets;
using Portolan.Sockets.Chart;
using Portolan.Sockets.Owners;
using Portolan.Tests.Support;

namespace Portolan.Tests.Sockets.Chart;

public sealed class PortChartTests
{
    private static readonly ContainerInfo Database = new("4f2c0123456789abcdef", "docker", "db", null);

    [Fact]
    public void Binds_of_both_families_are_one_row()
    {
        var chart = PortChart.Build(new MachineBuilder()
            .Process(812, "sshd", unit: "ssh.service")
            .Listen("0.0.0.0:22", 812)
            .Listen("[::]:22", 812).V6Only()
            .Facts);

        Assert.Equal(["22/tcp * v4+v6 Unit ssh.service x1 ssh Unknown"], Lines(chart));
    }

    [Fact]
    public void Two_programs_on_one_port_are_two_rows()
    {
        var chart = PortChart.Build(new MachineBuilder()
            .Process(10, "dnsmasq").Process(20, "named")
            .Udp("127.0.0.1:53", 10)
            .Udp("192.0.2.1:53", 20)
            .Facts);

        Assert.Equal(["53/udp 192.0.2.1 Process named x1 domain Unknown", "53/udp lo Process dnsmasq x1 domain ThisMachine"], Lines(chart));
    }

    [Fact]
    public void Forked_workers_and_a_reuseport_group_are_one_row_that_counts_them()
    {
        var forked = new MachineBuilder()
            .Process(10, "nginx", user: 0).Process(11, "nginx", parent: 10).Process(12, "nginx", parent: 10)
            .Process(13, "nginx", parent: 10)
            .Listen("0.0.0.0:80", 13, 12, 11, 10);
        var group = new MachineBuilder()
            .Process(21, "worker").Process(22, "worker").Process(23, "worker")
            .Listen("0.0.0.0:80", 21).Listen("0.0.0.0:80", 22).Listen("0.0.0.0:80", 23);

        var row = Assert.Single(PortChart.Build(forked.Facts).Rows);
        Assert.Equal([10, 11, 12, 13], row.Owner.Processes.Select(p => p.Pid));
        Assert.Equal(["80/tcp * Process worker x3 http Unknown"], Lines(PortChart.Build(group.Facts)));
    }

    [Fact]
    public void Unrelated_programs_of_one_name_on_different_addresses_stay_apart()
    {
        var chart = PortChart.Build(new MachineBuilder()
            .Process(10, "python3").Process(20, "python3")
            .Listen("127.0.0.2:8000", 10)
            .Listen("127.0.0.3:8000", 20)
            .Facts);

        Assert.Equal(
            ["8000/tcp 127.0.0.2 Process python3 x1  ThisMachine", "8000/tcp 127.0.0.3 Process python3 x1  ThisMachine"], Lines(chart));
    }

    [Fact]
    public void A_container_names_the_row_and_so_does_its_published_port_proxy()
    {
        var machine = new MachineBuilder { PublishedBy = p => p.Name == "docker-proxy" ? Database : null };
        var chart = PortChart.Build(machine
            .Process(30, "postgres", container: Database)
            .Process(40, "docker-proxy", unit: "docker.service")
            .Listen("0.0.0.0:5432", 40)
            .Listen("172.17.0.2:5433", 30)
            .Facts);

        Assert.Equal(["5432/tcp * Container db x1 postgresql Unknown", "5433/tcp 172.17.0.2 Container db x1  Unknown"], Lines(chart));
        Assert.True(chart.Rows[0].Owner.IsPublished);
        Assert.False(chart.Rows[1].Owner.IsPublished);
    }

    [Fact]
    public void A_login_session_is_no_owner_but_the_program_in_it_is()
    {
        var chart = PortChart.Build(new MachineBuilder()
            .Process(10, "node", unit: "session-3.scope").Process(20, "syncthing", unit: "user@1000.service")
            .Listen("127.0.0.1:3000", 10)
            .Listen("127.0.0.1:8384", 20)
            .Facts);

        Assert.All(chart.Rows, r => Assert.Equal(OwnerKind.Process, r.Owner.Kind));
    }

    [Fact]
    public void Systemd_listening_for_a_service_is_named_as_such()
    {
        var machine = new MachineBuilder { SocketUnit = (_, port) => port.Value == 22 ? "ssh.socket" : null };
        var chart = PortChart.Build(machine
            .Process(1, "systemd", parent: 0, unit: "init.scope", user: 0)
            .Process(812, "sshd", unit: "ssh.service")
            .Listen("[::]:22", 1, 812)
            .Listen("[::]:631", 1)
            .Facts);

        Assert.Equal("ssh.socket", chart.Rows[0].Owner.ActivatedBy);
        Assert.Equal((OwnerKind.Unit, "ssh.service"), (chart.Rows[0].Owner.Kind, chart.Rows[0].Owner.Name));
        Assert.Equal((OwnerKind.SocketActivation, "systemd"), (chart.Rows[1].Owner.Kind, chart.Rows[1].Owner.Name));
    }

    [Fact]
    public void What_privilege_hides_is_counted_and_never_shown_as_nobody()
    {
        var machine = new MachineBuilder { HiddenProcesses = 40 };
        var chart = PortChart.Build(machine.Listen("0.0.0.0:80").Facts);
        var complete = PortChart.Build(new MachineBuilder().Listen("0.0.0.0:80").Facts);
        var kernel = PortChart.Build(
            new MachineBuilder { HiddenProcesses = 40 }.Listen("0.0.0.0:2049").With(
                (ref SocketEntry e) => e.Flags |= SocketFlags.KernelOwned).Facts);

        Assert.Equal((OwnerKind.Hidden, 1), (chart.Rows[0].Owner.Kind, chart.HiddenOwners));
        Assert.Equal((OwnerKind.None, 0), (complete.Rows[0].Owner.Kind, complete.HiddenOwners));
        Assert.Equal((OwnerKind.Kernel, 0), (kernel.Rows[0].Owner.Kind, kernel.HiddenOwners));
    }

    [Theory]
    [InlineData("127.0.0.1:80", 0, PortExposure.Local)]
    [InlineData("127.9.9.9:80", 0, PortExposure.Local)]
    [InlineData("[::1]:80", 0, PortExposure.Local)]
    [InlineData("[::ffff:127.0.0.1]:80", 0, PortExposure.Local)]
    [InlineData("0.0.0.0:80", 1, PortExposure.Local)]
    [InlineData("0.0.0.0:80", 0, PortExposure.Unknown)]
    [InlineData("0.0.0.0:80", 2, PortExposure.Unknown)]
    [InlineData("192.168.1.1:80", 0, PortExposure.Unknown)]
    [InlineData("[fe80::1]:80", 2, PortExposure.Unknown)]
    public void Only_a_bind_to_loopback_is_local(string bind, int interfaceIndex, PortExposure expected)
    {
        var chart = PortChart.Build(new MachineBuilder().Listen(bind).With((ref SocketEntry e) => e.InterfaceIndex = interfaceIndex).Facts);

        Assert.Equal(expected, Assert.Single(chart.Rows).Exposure);
    }

    [Fact]
    public void One_outside_bind_puts_the_row_outside()
    {
        var chart = PortChart.Build(new MachineBuilder().Process(10, "app").Listen("127.0.0.1:80", 10).Listen("192.0.2.1:80", 10).Facts);

        Assert.Equal(["80/tcp 192.0.2.1, lo Process app x1 http Unknown"], Lines(chart));
    }

    [Fact]
    public void Connections_and_their_bytes_go_to_the_best_fitting_listener()
    {
        var chart = PortChart.Build(new MachineBuilder()
            .Process(10, "wide").Process(20, "narrow")
            .Listen("[::]:80", 10)
            .Listen("192.0.2.1:80", 20)
            .Connection("192.0.2.1:80", "203.0.113.5:40000", bytesIn: 1, bytesOut: 10)
            .Connection("[::ffff:192.0.2.2]:80", "[::ffff:203.0.113.5]:40001", bytesIn: 2, bytesOut: 20)
            .Connection("[2001:db8::1]:80", "[2001:db8::2]:40002", bytesIn: 4, bytesOut: 40, state: SocketState.CloseWait)
            .TimeWait("192.0.2.1:80", "203.0.113.5:40003")
            .Connection("192.0.2.1:40004", "203.0.113.5:80", bytesIn: 1000)
            .Facts);

        Assert.Equal([("narrow", 1, 1UL, 10UL), ("wide", 2, 6UL, 60UL)], Figures(chart));
    }

    [Fact]
    public void An_mptcp_socket_is_counted_once_and_its_subflows_carry_the_bytes()
    {
        var chart = PortChart.Build(new MachineBuilder()
            .Process(10, "app")
            .Add(SocketProtocol.Mptcp, SocketState.Listen, "0.0.0.0:80", null, [10])
            .Listen("0.0.0.0:80").With(Subflow)
            .Add(SocketProtocol.Mptcp, SocketState.Established, "192.0.2.1:80", "203.0.113.5:40000", [10])
            .Connection("192.0.2.1:80", "203.0.113.5:40000", bytesIn: 5, bytesOut: 50).With(Subflow)
            .Connection("192.0.2.1:80", "203.0.113.5:40001", bytesIn: 6, bytesOut: 60).With(Subflow)
            .Facts);

        Assert.Equal([("app", 1, 11UL, 110UL)], Figures(chart));
        Assert.Contains("Multipath TCP", chart.Rows[0].Notes);
    }

    [Fact]
    public void Datagram_clients_are_counted_and_shown_only_when_asked_for()
    {
        var machine = new MachineBuilder()
            .Process(10, "firefox").Process(20, "wg-quick")
            .UdpClient("0.0.0.0:40000", 10)
            .Udp("0.0.0.0:51820", 20);

        Assert.Equal((1, 1), (PortChart.Build(machine.Facts).Rows.Count, PortChart.Build(machine.Facts).ClientSockets));
        Assert.Equal(51820, (int)PortChart.Build(machine.Facts).Rows[0].Port);
        Assert.Equal(
            (2, 0),
            (PortChart.Build(machine.Facts, everything: true).Rows.Count, PortChart.Build(machine.Facts, everything: true).ClientSockets));
    }

    [Fact]
    public void Without_the_kernels_word_the_ephemeral_range_tells_datagram_clients()
    {
        var machine = new MachineBuilder { KnowsChosenPorts = false }
            .Udp("0.0.0.0:40000").Udp("0.0.0.0:5353")
            .Udp("0.0.0.0:51820").With((ref SocketEntry e) => e.Flags |= SocketFlags.KernelOwned);

        Assert.Equal([5353, 51820], PortChart.Build(machine.Facts).Rows.Select(r => (int)r.Port));
    }

    [Fact]
    public void Other_namespaces_have_rows_of_their_own()
    {
        var chart = PortChart.Build(new MachineBuilder()
            .Listen("0.0.0.0:80")
            .Listen("127.0.0.1:80").InNamespace("blue")
            .Connection("127.0.0.1:80", "127.0.0.1:40000").InNamespace("blue")
            .Facts);

        Assert.Equal([ChartGroup.Unknown, ChartGroup.OtherNamespaces], chart.Rows.Select(r => r.Group));
        Assert.Equal([0, 1], chart.Rows.Select(r => r.Connections));
    }

    [Theory]
    [InlineData(0, 128, false)]
    [InlineData(0, 0, false)]
    [InlineData(127, 128, false)]
    [InlineData(128, 128, true)]
    [InlineData(129, 128, true)]
    [InlineData(1, 0, true)]
    public void A_full_accept_queue_is_noted(uint waiting, uint backlog, bool noted)
    {
        var chart = PortChart.Build(new MachineBuilder().Listen("0.0.0.0:80").Queue(waiting, backlog).Facts);

        Assert.Equal(noted, chart.Rows[0].Notes.Any(n => n.StartsWith("accept queue full", StringComparison.Ordinal)));
    }

    [Fact]
    public void Owners_are_looked_for_only_where_the_chart_needs_them()
    {
        var machine = new MachineBuilder().Listen("0.0.0.0:80").Udp("0.0.0.0:53").Connection("192.0.2.1:80", "203.0.113.5:4000");
        Assert.Equal([0, 1], PortChart.SocketsToFind(machine.Snapshot));

        for (var i = 0; i < PortChart.ManyCloseWait; i++)
        {
            machine.Connection("192.0.2.1:80", $"203.0.113.5:{5000 + i}", state: SocketState.CloseWait);
        }

        Assert.Equal(2 + PortChart.ManyCloseWait, PortChart.SocketsToFind(machine.Snapshot).Length);
    }

    private static void Subflow(ref SocketEntry entry) => entry.Flags |= SocketFlags.MptcpSubflow;

    private static IEnumerable<(string Name, int Connections, ulong? In, ulong? Out)> Figures(ChartModel chart) =>
        chart.Rows.Select(r => (r.Owner.Name, r.Connections, r.BytesIn, r.BytesOut)).OrderBy(r => r.Name, StringComparer.Ordinal);

    private static IEnumerable<string> Lines(ChartModel chart) => chart.Rows.Select(r =>
        $"{r.Port}/{r.Protocol.Name()} {BindSummary.Text(r.Binds, _ => null)} {r.Owner.Kind} {r.Owner.Name} x{r.Owner.Processes.Count} "
            + $"{r.Service} {r.Group}");
}
