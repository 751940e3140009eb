using Portolan.Model;
using Portolan.Sockets;
using Portolan.Sockets.Filtering;
using Portolan.Sockets.Owners;
using Portolan.Traffic;
using Portolan.Traffic.Counting;
using Portolan.Traffic.Grouping;

namespace Portolan.Tests.Traffic;

/// <summary>Rows hold all bytes and no byte twice, whatever they are grouped by and however many sockets are put together.</summary>
public sealed class TrafficGroupingTests
{
    [Fact]
    public void The_parts_of_a_socket_are_its_bytes_whatever_the_calls_of_its_processes_were()
    {
        var random = new Random(24);
        for (var round = 0; round < 2000; round++)
        {
            var flow = TrafficSamples.Served(1, 80, (ulong)random.NextInt64(0, 1L << 40), (ulong)random.NextInt64(0, 1L << 40));
            var processes = random.Next(0, 5);
            for (var process = 1; process <= processes; process++)
            {
                var share = flow.ShareOf(process);
                share.CountedIn = (ulong)random.NextInt64(0, random.Next(2) == 0 ? 1 : 1L << 41);
                share.CountedOut = (ulong)random.NextInt64(0, 1L << 20);
            }

            var parts = ShareSplit.Of(flow);

            Assert.Equal(Math.Max(1, processes), parts.Count);
            Assert.Equal(flow.BytesIn!.Value, parts.Aggregate(0UL, static (sum, part) => sum + part.BytesIn!.Value));
            Assert.Equal(flow.BytesOut!.Value, parts.Aggregate(0UL, static (sum, part) => sum + part.BytesOut!.Value));
        }
    }

    [Fact]
    public void Processes_whose_calls_are_the_bytes_of_the_socket_have_exactly_those()
    {
        var flow = TrafficSamples.Served(1, 80, 300, 70);
        (flow.ShareOf(7).CountedIn, flow.ShareOf(7).CountedOut) = (100, 20);
        (flow.ShareOf(8).CountedIn, flow.ShareOf(8).CountedOut) = (200, 50);

        Assert.Equal(
            [(8, 200UL, 50UL), (7, 100UL, 20UL)],
            ShareSplit.Of(flow).Select(static p => (p.ProcessId, p.BytesIn!.Value, p.BytesOut!.Value)));
    }

    [Fact]
    public void Closed_sockets_that_are_put_together_keep_the_sum()
    {
        var book = new FlowBook();
        for (var i = 1; i <= FlowBook.MostClosed + 1000; i++)
        {
            var flow = book.Add((ulong)i);
            var sample = TrafficSamples.Served((ulong)i, 80, 10, 3, (ushort)(i % 60_000));
            flow.Protocol = sample.Protocol;
            flow.LocalAddress = sample.LocalAddress;
            flow.LocalPort = 80;
            flow.RemoteAddress = InternetAddress.FromIPv4(0xc0000200 | (uint)(i % 5));
            flow.RemotePort = sample.RemotePort;
            flow.Role = FlowRole.Server;
            flow.Counts = flow.HasBase = flow.IsClosed = true;
            flow.New = 1;
            (flow.TotalIn, flow.TotalOut) = (10, 3);
            (flow.ShareOf(5).CountedIn, flow.ShareOf(5).CountedOut) = (10, 3);
            book.End(flow);
        }

        var all = book.All;

        Assert.True(all.Count < 2000, $"{all.Count} flows are kept");
        Assert.Equal((ulong)(FlowBook.MostClosed + 1000) * 10, all.Aggregate(0UL, static (sum, flow) => sum + flow.BytesIn!.Value));
        Assert.Equal(FlowBook.MostClosed + 1000, all.Sum(static flow => flow.New));
        Assert.Equal((ulong)(FlowBook.MostClosed + 1000) * 3, all.Aggregate(0UL, static (sum, flow) => sum + flow.Shares[0].BytesOut));
    }

    [Fact]
    public void A_connection_counts_for_the_port_that_the_peer_dialled()
    {
        var led = TrafficSamples.Served(1, 80, 10, 20);
        led.DialledPort = new PortNumber(8080);
        led.Namespace = 77;

        var table = TrafficTable.Of(
            TrafficSamples.Reading(led, TrafficSamples.Served(2, 22, 1, 2)), TrafficGrouping.Port, SocketFilter.Everything, new Names(),
            static _ => null);

        Assert.Equal([22, 8080], table.Rows.Select(static r => (int)r.Key.Port!.Value.Value).Order());
        Assert.Equal((1UL, 2UL), (table.OwnBytesIn, table.OwnBytesOut));
    }

    [Fact]
    public void A_filter_chooses_among_sockets_that_are_closed_too()
    {
        var closed = TrafficSamples.Served(1, 80, 10, 20);
        (closed.IsClosed, closed.State) = (true, SocketState.Closed);
        closed.ShareOf(5).Command = "nginx";
        var other = TrafficSamples.Served(2, 80, 1, 2);
        other.ShareOf(6).Command = "caddy";

        var table = TrafficTable.Of(
            TrafficSamples.Reading(closed, other, TrafficSamples.Served(3, 22, 5, 5)), TrafficGrouping.Process,
            SocketFilter.Parse(["port 80 and process nginx"], new FilterNames()), new Names(), static _ => null);

        var row = Assert.Single(table.Rows);
        Assert.Equal(("nginx", 10UL, 20UL), (row.Key.Name, row.BytesIn!.Value, row.BytesOut!.Value));
    }

    [Fact]
    public void A_filter_chooses_sockets_by_their_rate_and_says_which_have_none()
    {
        var (fast, slow, unknown) =
            (TrafficSamples.Served(1, 80, 10, 20), TrafficSamples.Served(2, 81, 1, 2), TrafficSamples.Served(3, 82, 1, 2));

        var table = TrafficTable.Of(
            TrafficSamples.Reading(fast, slow, unknown), TrafficGrouping.Port, SocketFilter.Parse(["rate > 1K"], new FilterNames()),
            new Names(), flow => flow == fast ? 1025 : flow == slow ? 1024 : null);

        Assert.Equal(80, Assert.Single(table.Rows).Key.Port!.Value.Value);
        Assert.Equal(1, table.Undecided);
    }

    [Fact]
    public void What_was_counted_since_the_last_look_is_recent()
    {
        var flow = TrafficSamples.Served(1, 80, 100, 50);
        flow.Mark();
        (flow.TotalIn, flow.New) = (160, 1);

        Assert.Equal((60UL, 0UL, 0), (flow.RecentIn!.Value, flow.RecentOut!.Value, flow.RecentNew));
    }

    private sealed class Names : ITrafficNames
    {
        public ProcessInfo? Process(int processId, ProcessShare? share) =>
            share is null ? null : new ProcessInfo(processId, 0) { Name = share.Command };

        public string User(uint userId) => "root";

        public string? Interface(TrafficFlow flow) => null;
    }
}
