using System.Net;
using System.Net.Sockets;
using Portolan.Kernel.Tests.Owners;
using Portolan.Kernel.Tests.Support;
using Portolan.Sockets.Binding;
using Portolan.Sockets.Chart;

namespace Portolan.Kernel.Tests.Chart;

public sealed class ChartKernelTests
{
    [Fact]
    public void A_server_that_was_just_started_is_there_with_its_pid_its_connections_and_their_bytes() => Netns.Run(() =>
    {
        using var machine = new Machine();
        using var listener = Machine.Listen("[::]:7000");
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        client.Connect("127.0.0.1", 7000);
        using var server = listener.Accept();
        client.Send(new byte[1000]);
        server.Send(new byte[300]);
        server.Receive(new byte[1000]);
        client.Receive(new byte[300]);

        var row = Assert.Single(machine.Chart().Rows);

        Assert.Equal(7000, (int)row.Port);
        Assert.Equal([Environment.ProcessId], row.Owner.Processes.Select(p => p.Pid));
        Assert.Equal("* v4+v6", BindSummary.Text(row.Binds, _ => null));
        Assert.Equal(PortExposure.Unknown, row.Exposure);
        Assert.Equal((1, 1000UL, 300UL), (row.Connections, row.BytesIn, row.BytesOut));
    });

    [Fact]
    public void Both_families_and_their_binds_are_told_apart() => Netns.Run(() =>
    {
        using var machine = new Machine();
        using var a = Machine.Listen("0.0.0.0:7001");
        using var b = Machine.Listen("[::]:7001", v6Only: true);
        using var c = Machine.Listen("[::]:7002", v6Only: true);
        using var d = Machine.Listen("127.0.0.1:7003");
        using var e = Machine.Listen("[::1]:7003");
        using var f = Machine.Listen("127.0.0.2:7004");

        Assert.Equal(
            ["7001 * v4+v6 Unknown", "7002 * v6 Unknown", "7003 lo v4+v6 Local", "7004 127.0.0.2 Local"],
            machine.Chart().Rows.Select(r => $"{r.Port} {BindSummary.Text(r.Binds, _ => null)} {r.Exposure}"));
    });

    [Fact]
    public void Only_the_kernel_knows_who_chose_a_datagram_port() => Netns.Run(() =>
    {
        using var machine = new Machine();
        using var service = Machine.Datagram("0.0.0.0:45000");
        using var client = Machine.Datagram("0.0.0.0:0");

        var chart = machine.Chart();

        Assert.Equal(45000, (int)Assert.Single(chart.Rows).Port);
        Assert.Equal(1, chart.ClientSockets);
        Assert.Equal(2, machine.Chart(everything: true).Rows.Count);
    });

    [Fact]
    public void A_full_accept_queue_is_noticed() => Netns.Run(() =>
    {
        using var machine = new Machine();
        using var listener = Machine.Listen("127.0.0.1:7005", backlog: 1);
        var clients = new List<Socket>();
        try
        {
            for (var i = 0; i < 2; i++)
            {
                clients.Add(new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
                clients[^1].Connect("127.0.0.1", 7005);
            }

            Assert.Equal(
                "accept queue full (2 of 1): new connections time out until the program accepts",
                Assert.Single(Assert.Single(machine.Chart().Rows).Notes));
        }
        finally
        {
            clients.ForEach(c => c.Dispose());
        }
    });

    [Fact]
    public void Connections_that_a_program_forgot_are_traced_to_it() => Netns.Run(() =>
    {
        using var machine = new Machine();
        using var listener = Machine.Listen("127.0.0.1:7006", backlog: 200);
        var forgotten = new List<Socket>();
        for (var i = 0; i < PortChart.ManyCloseWait; i++)
        {
            using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            client.Connect("127.0.0.1", 7006);
            forgotten.Add(listener.Accept());

            // A child that another test has just forked may hold the socket for a moment, and closing would send nothing then.
            client.Shutdown(SocketShutdown.Both);
        }

        try
        {
            var warning = Assert.Single(machine.Chart().Warnings);
            Assert.StartsWith("100 connections of ", warning.Text, StringComparison.Ordinal);
            Assert.Contains($"({Environment.ProcessId}) are in CLOSE-WAIT", warning.Text, StringComparison.Ordinal);
        }
        finally
        {
            forgotten.ForEach(s => s.Dispose());
        }
    });

    [Fact]
    public void A_multipath_connection_is_counted_once() => Netns.Run(() =>
    {
        using var machine = new Machine();
        using var listener = NativeSocket.Open(NativeSocket.IPv4, NativeSocket.Stream, NativeSocket.Mptcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 7008));
        listener.Listen(8);
        using var client = NativeSocket.Open(NativeSocket.IPv4, NativeSocket.Stream, NativeSocket.Mptcp);
        client.Connect(new IPEndPoint(IPAddress.Loopback, 7008));
        using var server = listener.Accept();
        client.Send(new byte[500]);
        server.Receive(new byte[500]);

        var row = Assert.Single(machine.Chart().Rows);

        Assert.Equal((1, 500UL), (row.Connections, row.BytesIn));

        // What another test starts at this moment holds the socket too, until it becomes a program of its own.
        Assert.Contains(Environment.ProcessId, row.Owner.Processes.Select(p => p.Pid));
        Assert.Equal(["Multipath TCP"], row.Notes);
        Assert.Equal(HoldKind.Listening, Assert.Single(machine.Who(7008).Holders).Kind);
    });

    [Fact]
    public void Forked_workers_that_share_a_listener_are_one_row() => Netns.Run(() =>
    {
        using var machine = new Machine();
        using var program = new PerlProgram(
            "my $s = listener(7007); my @p; for (1..3) { my ($pid) = child(sub { '' }); push @p, $pid } print join(' ', $$, @p), \"\\n\";");

        var row = Assert.Single(machine.Chart().Rows);

        Assert.Equal(program.Numbers.Order(), row.Owner.Processes.Select(p => p.Pid).Order());
        Assert.Equal(program.Pid, row.Owner.Main!.Pid);
    });
}
