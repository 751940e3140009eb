using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Portolan.Kernel.Tests.Owners;
using Portolan.Kernel.Tests.Support;
using Portolan.Model;
using Portolan.Tests.Support;
using Portolan.Traffic;
using Portolan.Traffic.Composing;
using Portolan.Traffic.Counting;
using Portolan.Traffic.Grouping;

namespace Portolan.Kernel.Tests.Traffic;

/// <summary>
/// What is counted at the kernel's tracepoints against bytes that the test sent itself: no byte is missing, and none is counted twice.
/// </summary>
public sealed class TrafficTruthTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Short_connections_are_counted_to_the_byte_at_both_ends(bool isIPv6) => Netns.Run(() =>
    {
        using var listener = TrafficBench.Listen(isIPv6);
        var port = TrafficBench.PortOf(listener);
        using var bench = TrafficBench.Open(TrafficMethod.Tracepoints);
        const int Count = 1000;
        var (requests, answers) = (0UL, 0UL);
        for (var i = 0; i < Count; i++)
        {
            var (request, answer) = (16 + (i * 7 % 2000), i * 31 % 20_000);
            TrafficBench.Exchange(listener, request, answer);
            (requests, answers) = (requests + (ulong)request, answers + (ulong)answer);

            // What is looked at in between is not counted twice.
            if (i % 300 == 0)
            {
                bench.Look();
            }
        }

        bench.Look();

        Assert.Equal((requests, answers), TrafficBench.Sum(bench.Served(port)));
        Assert.Equal((answers, requests), TrafficBench.Sum(bench.Dialled(port)));
        Assert.Equal(Count, bench.Served(port).Sum(f => f.New));
        Assert.Equal(Count, bench.Dialled(port).Sum(f => f.New));
        Assert.All(bench.Served(port), f => Assert.Equal(Environment.ProcessId, Assert.Single(f.Shares).ProcessId));
    });

    [Fact]
    public void Of_connections_that_were_there_before_only_what_comes_after_is_counted() => Netns.Run(() =>
    {
        using var listener = TrafficBench.Listen();
        var port = TrafficBench.PortOf(listener);
        var pairs = Enumerable.Range(0, 50).Select(_ => TrafficBench.Connect(listener)).ToList();
        foreach (var (client, server) in pairs)
        {
            client.Send(new byte[5000]);
            TrafficBench.ReadExactly(server, 5000);
        }

        using var bench = TrafficBench.Open(TrafficMethod.Tracepoints);
        foreach (var (client, server) in pairs)
        {
            client.Send(new byte[300]);
            TrafficBench.ReadExactly(server, 300);
            server.Send(new byte[700]);
            TrafficBench.ReadExactly(client, 700);
        }

        bench.Look();

        Assert.Equal((50UL * 300, 50UL * 700), TrafficBench.Sum(bench.Served(port)));
        Assert.Equal(50, bench.Served(port).Count(f => !f.IsClosed));
        Assert.Equal(0, bench.Served(port).Sum(f => f.New));

        // Half of them end now, and one of those with bytes that were not counted before.
        pairs[0].Client.Send(new byte[40]);
        TrafficBench.ReadExactly(pairs[0].Server, 40);
        foreach (var (client, server) in pairs.Take(25))
        {
            client.Dispose();
            server.Dispose();
        }

        Bounded.Until(
            () =>
            {
                bench.Look();
                return bench.Served(port).Count(f => f.IsClosed) == 25;
            },
            "25 connections to be seen closed");

        Assert.Equal(((50UL * 300) + 40, 50UL * 700), TrafficBench.Sum(bench.Served(port)));
        foreach (var (client, server) in pairs)
        {
            client.Dispose();
            server.Dispose();
        }
    });

    [Fact]
    public void What_splice_receives_is_counted_for_the_process_that_holds_the_socket() => Netns.Run(() =>
    {
        using var bench = TrafficBench.Open(TrafficMethod.Tracepoints);
        using var program = new PerlProgram(
            """
            my $m = `uname -m`; my $splice = $m =~ /x86_64/ ? 275 : 76;
            my $s = listener(8010); print "1\n";
            accept(my $c, $s) or die; pipe(my $r, my $w) or die;
            while ((my $n = syscall($splice, fileno($c), 0, fileno($w), 0, 32768, 0)) > 0) {
              while ($n > 0) { $n -= sysread($r, my $b, $n) } }
            syswrite($c, "x");
            """);
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        client.Connect(new IPEndPoint(IPAddress.Loopback, 8010));
        for (var i = 0; i < 100; i++)
        {
            client.Send(new byte[10_000]);
        }

        client.Shutdown(SocketShutdown.Send);
        TrafficBench.ReadExactly(client, 1); // it has received all
        bench.Look();

        var served = Assert.Single(bench.Served(8010));
        Assert.Equal((1_000_000UL, 1UL), (served.BytesIn!.Value, served.BytesOut!.Value));
        Assert.Equal(program.Pid, Assert.Single(served.Shares).ProcessId);
    });

    [Fact]
    public void What_sendfile_sends_is_counted() => Netns.Run(() =>
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(file, new byte[2_000_000]);
            using var listener = TrafficBench.Listen();
            using var bench = TrafficBench.Open(TrafficMethod.Tracepoints);
            var (client, server) = TrafficBench.Connect(listener);
            var reading = Task.Run(() => TrafficBench.ReadToEnd(client));
            server.SendFile(file);
            server.Shutdown(SocketShutdown.Send);
            Assert.Equal(2_000_000, reading.WaitAsync(Bounded.Limit).GetAwaiter().GetResult());
            bench.Look();

            Assert.Equal((0UL, 2_000_000UL), TrafficBench.Sum(bench.Served(TrafficBench.PortOf(listener))));
            Assert.Equal((2_000_000UL, 0UL), TrafficBench.Sum(bench.Dialled(TrafficBench.PortOf(listener))));
            client.Dispose();
            server.Dispose();
        }
        finally
        {
            File.Delete(file);
        }
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Datagrams_are_counted_both_ways_and_looks_that_take_nothing_are_not(bool isIPv6) => Netns.Run(() =>
    {
        var address = isIPv6 ? IPAddress.IPv6Loopback : IPAddress.Loopback;
        using var server = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        server.Bind(new IPEndPoint(address, 5353));
        using var bench = TrafficBench.Open(TrafficMethod.Tracepoints);
        using var client = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        client.Connect(server.LocalEndPoint!);
        var buffer = new byte[2048];
        var (requests, answers) = (0UL, 0UL);
        for (var i = 0; i < 500; i++)
        {
            var (request, answer) = (1 + (i * 3 % 1200), 1 + (i * 11 % 1400));
            client.Send(new byte[request]);
            EndPoint from = new IPEndPoint(address, 0);
            Assert.Equal(request, server.ReceiveFrom(buffer, System.Net.Sockets.SocketFlags.Peek, ref from));
            Assert.Equal(request, server.ReceiveFrom(buffer, ref from));
            server.SendTo(new byte[answer], from);
            Assert.Equal(answer, client.Receive(buffer));
            (requests, answers) = (requests + (ulong)request, answers + (ulong)answer);
        }

        bench.Look();

        var served = Assert.Single(bench.Served(5353, SocketProtocol.Udp));
        Assert.Equal((requests, answers), (served.BytesIn!.Value, served.BytesOut!.Value));
        Assert.Equal((500UL, 500UL), (served.DatagramsIn!.Value, served.DatagramsOut!.Value));
        var dialled = Assert.Single(bench.Dialled(5353, SocketProtocol.Udp));
        Assert.Equal((answers, requests), (dialled.BytesIn!.Value, dialled.BytesOut!.Value));
        Assert.Null(served.Retransmits);
    });

    [Fact]
    public void Each_process_of_a_forked_socket_has_what_its_own_calls_carried() => Netns.Run(() =>
    {
        using var bench = TrafficBench.Open(TrafficMethod.Tracepoints);
        using var program = new PerlProgram(
            """
            my $s = listener(8011); print "1\n";
            accept(my $c, $s) or die;
            sub take { my $n = shift; while ($n > 0) { $n -= sysread($c, my $b, $n) } }
            take(100);
            my ($pid) = child(sub { take(200); syswrite($c, "c" x 50); "" });
            syswrite($c, "p" x 20);
            """);
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        client.Connect(new IPEndPoint(IPAddress.Loopback, 8011));
        client.Send(new byte[300]);
        TrafficBench.ReadExactly(client, 70);
        bench.Look();

        var served = Assert.Single(bench.Served(8011));
        Assert.Equal((300UL, 70UL), (served.BytesIn!.Value, served.BytesOut!.Value));
        Assert.Equal(2, served.Shares.Count);
        var parent = Assert.Single(served.Shares, s => s.ProcessId == program.Pid);
        var child = Assert.Single(served.Shares, s => s.ProcessId != program.Pid);
        Assert.Equal((100UL, 20UL), (parent.BytesIn, parent.BytesOut));
        Assert.Equal((200UL, 50UL), (child.BytesIn, child.BytesOut));
        Assert.Equal("perl", child.Command);
    });

    [Fact]
    public void The_bytes_of_a_process_that_was_killed_stay_counted_and_keep_its_name() => Netns.Run(() =>
    {
        using var bench = TrafficBench.Open(TrafficMethod.Tracepoints);
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        int pid;
        using (var program = new PerlProgram(
            """
            my $s = listener(8012); print "1\n";
            accept(my $c, $s) or die;
            my $n = 500; while ($n > 0) { $n -= sysread($c, my $b, $n) }
            syswrite($c, "x");
            """))
        {
            pid = program.Pid;
            client.Connect(new IPEndPoint(IPAddress.Loopback, 8012));
            client.Send(new byte[500]);
            TrafficBench.ReadExactly(client, 1);
        }

        Bounded.Until(
            () =>
            {
                bench.Look();
                return bench.Reading.Flows.Any(f => f is { LocalPort: 8012, RemotePort: not 0 });
            },
            "the connection to be seen");

        var served = Assert.Single(bench.Reading.Flows, f => f is { LocalPort: 8012, RemotePort: not 0 });
        Assert.Equal(FlowRole.Server, served.Role);
        Assert.Equal((500UL, 1UL), (served.BytesIn!.Value, served.BytesOut!.Value));
        var share = Assert.Single(served.Shares);
        Assert.Equal((pid, "perl"), (share.ProcessId, share.Command));
    });

    [Fact]
    public void A_connection_of_MPTCP_is_counted_once() => Netns.Run(() =>
    {
        using var bench = TrafficBench.Open(TrafficMethod.Tracepoints);
        using var program = new PerlProgram(
            """
            if (!socket(my $s, AF_INET, SOCK_STREAM, 262)) { print "0\n" } else {
              bind($s, sockaddr_in(8013, inet_aton("127.0.0.1"))) or die; listen($s, 8) or die;
              socket(my $c, AF_INET, SOCK_STREAM, 262) or die; connect($c, sockaddr_in(8013, inet_aton("127.0.0.1"))) or die $!;
              our $a; accept($a, $s) or die; our $keep = $c; our $listener = $s;
              syswrite($c, "x" x 12345); my $n = 12345; while ($n > 0) { $n -= sysread($a, my $b, $n) }
              print "1\n" }
            """);
        Assert.SkipWhen(program.Numbers[0] == 0, "this kernel has no MPTCP");
        bench.Look();

        Assert.DoesNotContain(
            bench.Reading.Flows, f => f.Protocol == SocketProtocol.Tcp && (f.LocalPort == 8013 || f.RemotePort == 8013));
        Assert.Equal((12_345UL, 0UL), TrafficBench.Sum(bench.Served(8013, SocketProtocol.Mptcp)));
        Assert.Equal((0UL, 12_345UL), TrafficBench.Sum(bench.Dialled(8013, SocketProtocol.Mptcp)));
    });

    [Fact]
    public void A_connection_that_a_rule_leads_elsewhere_counts_for_the_port_that_the_peer_dialled() => Netns.Run(() =>
    {
        using var listener = TrafficBench.Listen();
        var port = TrafficBench.PortOf(listener);
        Nft.Load(string.Create(
            CultureInfo.InvariantCulture,
            $$"""
            table ip led {
              chain out {
                type nat hook output priority -100
                ip daddr 127.0.0.1 tcp dport 80 redirect to :{{port}}
              }
            }
            """));
        using var bench = TrafficBench.Open(TrafficMethod.Tracepoints, DialledPorts.Read);
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        client.Connect(new IPEndPoint(IPAddress.Loopback, 80));
        using var server = listener.Accept();
        client.Send(new byte[321]);
        TrafficBench.ReadExactly(server, 321);
        bench.Look();

        var served = Assert.Single(bench.Served(port));
        Assert.Equal((80, 321UL), ((int)served.DialledPort!.Value.Value, served.BytesIn!.Value));
        Assert.Equal(80, (int)TrafficTable.Dialled(served)!.Value.Value);
        Assert.Equal((0UL, 321UL), TrafficBench.Sum(bench.Dialled(80)));
    });

    [Fact]
    public void Without_privilege_every_byte_is_counted_or_the_loss_is_said() => Netns.Run(() =>
    {
        using var listener = TrafficBench.Listen();
        var port = TrafficBench.PortOf(listener);
        using var bench = TrafficBench.Open(TrafficMethod.Polling);
        var (requests, answers) = (0UL, 0UL);
        for (var i = 0; i < 1000; i++)
        {
            var (request, answer) = (16 + (i * 7 % 2000), i * 31 % 20_000);
            TrafficBench.Exchange(listener, request, answer);
            (requests, answers) = (requests + (ulong)request, answers + (ulong)answer);
        }

        // The kernel writes reports a little later.
        Bounded.Until(
            () =>
            {
                bench.Look();
                return bench.Served(port).Sum(f => f.New) == 1000 || bench.Reading.Losses.Overruns > 0;
            },
            "the reports of 1000 connections");

        var counted = TrafficBench.Sum(bench.Served(port));
        var losses = bench.Reading.Losses;
        if (!losses.Any)
        {
            Assert.Equal((requests, answers), counted);
        }

        Assert.True(counted.In <= requests && counted.Out <= answers, $"more was counted than was sent: {counted}");

        Assert.Contains(bench.Reading.Missing, m => m.What.Contains("UDP", StringComparison.Ordinal));
    });
}
