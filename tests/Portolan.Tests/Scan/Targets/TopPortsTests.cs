using System.Globalization;
using Portolan.Model;
using Portolan.Model.Registry;
using Portolan.Scan.Targets;
using Portolan.Tests.Support;

namespace Portolan.Tests.Scan.Targets;

public sealed class TopPortsTests
{
    private static readonly string[][] Defaults = Lines("default-ports.txt");
    private static readonly string[][] Counts = Lines("port-counts.txt");
    private static readonly string[][] Order = Lines("top-ports.txt");

    private static string[][] Lines(string name) =>
        [.. File.ReadLines(Repository.PathOf($"data/{name}")).Where(line => !line.StartsWith('#')).Select(line => line.Split('\t'))];

    [Fact]
    public void Every_default_has_a_protocol_a_port_a_name_and_a_source() => Assert.All(
        Defaults,
        line => Assert.True(
            line is ["tcp" or "udp", var port, not "", { Length: > 3 }] && ushort.TryParse(port, out var number) && number > 0,
            string.Join(' ', line)));

    [Fact]
    public void A_name_said_to_be_IANA_s_is_in_the_registry()
        => Assert.All(Defaults.Where(line => line[3].StartsWith("IANA", StringComparison.Ordinal)), line =>
        {
            Assert.True(TransportProtocolNames.TryParse(line[0], out var protocol));
            Assert.True(PortNumber.TryParse(line[1], out var port));
            var names = ServiceRegistry.BuiltIn.Find(port, protocol).SelectMany(entry => entry.Names).Select(name => name.Name);
            Assert.Contains(line[2], names, StringComparer.OrdinalIgnoreCase);
        });

    [Fact]
    public void Every_count_has_a_source_that_README_explains_and_is_a_part_of_its_hosts()
    {
        var readme = File.ReadAllText(Repository.PathOf("data/README.md"));
        var sources = Counts.Where(line => line[0] == "source").ToDictionary(
            line => line[1], line => double.Parse(line[3], CultureInfo.InvariantCulture));
        Assert.All(sources.Keys, id => Assert.Contains($"`{id}`", readme, StringComparison.Ordinal));
        var counts = Counts.Where(line => line[0] == "count").ToList();
        Assert.True(counts.Count > 40);
        Assert.All(counts, line => Assert.InRange(double.Parse(line[4], CultureInfo.InvariantCulture) / sources[line[1]], 1e-6, 1));
        Assert.All(sources.Keys, id => Assert.Contains(counts, line => line[1] == id));
    }

    [Theory]
    [InlineData(TransportProtocol.Tcp)]
    [InlineData(TransportProtocol.Udp)]
    public void The_sums_are_right(TransportProtocol protocol)
    {
        var sources = Counts.Where(line => line[0] == "source").ToDictionary(
            line => line[1], line => (Weight: Number(line[2]), Hosts: Number(line[3])));
        var counted = Counts.Where(line => line[0] == "count" && line[2] == protocol.Name()).GroupBy(line => line[3]).ToDictionary(
            port => port.Key,
            port => 100_000 * port.Sum(line => sources[line[1]].Weight * Number(line[4]) / sources[line[1]].Hosts) / port.Sum(
                line => sources[line[1]].Weight));
        var judged = new Dictionary<string, double>();
        foreach (var line in Counts.Where(line => line[0] == "default" && line[3] == protocol.Name()))
        {
            foreach (var port in line[4].Split(','))
            {
                judged[port] = Math.Max(judged.GetValueOrDefault(port), Number(line[2]));
            }
        }

        var listed = Defaults.Where(line => line[0] == protocol.Name()).Select((line, place) => (Port: line[1], Place: place)).ToDictionary(
            p => p.Port, p => p.Place);
        var expected = listed.Keys.Concat(counted.Keys).Concat(judged.Keys).Distinct()
            .Select(port => (Port: port, Share: Math.Round(
                Math.Max(
                    Math.Max(counted.GetValueOrDefault(port), judged.GetValueOrDefault(port)),
                    listed.TryGetValue(port, out var at) ? 200 - (at * 0.2) : 0), 1)))
            .OrderByDescending(p => p.Share).ThenBy(p => listed.GetValueOrDefault(p.Port, int.MaxValue)).ThenBy(
                p => int.Parse(p.Port, CultureInfo.InvariantCulture));
        Assert.Equal(expected.Select(p => p.Port), Order.Where(line => line[0] == protocol.Name()).Select(line => line[1]));
    }

    [Theory]
    [InlineData(TransportProtocol.Tcp)]
    [InlineData(TransportProtocol.Udp)]
    public void The_table_is_that_order_and_then_the_registry_by_the_rule(TransportProtocol protocol)
    {
        var order = TopPorts.InOrder(protocol).ToArray();
        var listed =
            Order.Where(line => line[0] == protocol.Name()).Select(line => ushort.Parse(line[1], CultureInfo.InvariantCulture)).ToArray();
        Assert.Equal(listed, order[..listed.Length]);
        Assert.Equal(order.Length, order.Distinct().Count());

        var tail = order[listed.Length..];
        Assert.All(tail, port => Assert.False(ServiceRegistry.BuiltIn.PrimaryName(new PortNumber(port), protocol).IsEmpty));
        var ranks = tail.Select(port => (Rank: RankOf(port, protocol), port)).ToArray();
        Assert.Equal(ranks.Order(), ranks);
    }

    [Fact]
    public void A_port_among_the_twenty_largest_of_two_sources_is_among_the_first_thirty()
    {
        var largest = Counts.Where(line => line[0] == "count").GroupBy(line => (Source: line[1], Protocol: line[2]))
            .SelectMany(
                source => source.OrderByDescending(line => Number(line[4])).Take(20).Select(line => (source.Key.Protocol, Port: line[3])));
        var twice = largest.GroupBy(port => port).Where(port => port.Count() > 1).Select(port => port.Key).ToList();
        Assert.True(twice.Count >= 10);
        Assert.All(twice, port =>
        {
            Assert.True(TransportProtocolNames.TryParse(port.Protocol, out var protocol));
            var number = ushort.Parse(port.Port, CultureInfo.InvariantCulture);
            Assert.True(TopPorts.InOrder(protocol)[..30].Contains(number), $"{port.Port}/{port.Protocol}");
        });
    }

    [Fact]
    public void The_first_ten_and_the_first_twenty_are_the_ports_of_everyday_networks()
    {
        var tcp = TopPorts.Take(TransportProtocol.Tcp, 10);
        Assert.All((ushort[])[80, 443, 21, 22, 25, 445], port => Assert.True(tcp.Contains(new PortNumber(port)), $"{port}/tcp"));
        var udp = TopPorts.Take(TransportProtocol.Udp, 20);
        Assert.All(
            (ushort[])[53, 67, 69, 123, 137, 161, 500, 514, 520, 1900, 4500, 5353],
            port => Assert.True(udp.Contains(new PortNumber(port)), $"{port}/udp"));
    }

    [Fact]
    public void F_has_the_default_port_of_each_protocol_that_the_trials_have_a_server_of()
    {
        var tcp = TopPorts.Take(TransportProtocol.Tcp, TopPorts.FastCount);
        Assert.All(
            (ushort[])
            [
                7, 13, 19, 21, 22, 23, 25, 37, 53, 79, 80, 88, 110, 111, 139, 143, 179, 199, 389, 443, 445, 514, 631, 873, 1080, 1194, 1883,
                2049, 2947, 3260, 3306,
                3389, 3478, 3632, 4222, 4433, 5222, 5432, 5666, 5672, 6000, 6379, 6667, 9000, 9050, 9090, 9091, 9100, 9418, 10050, 10809,
                11211, 26379,
            ],
            port => Assert.True(tcp.Contains(new PortNumber(port)), $"{port}/tcp"));
        var udp = TopPorts.Take(TransportProtocol.Udp, TopPorts.FastCount);
        Assert.All(
            (ushort[])[53, 69, 88, 111, 123, 161, 1194, 1812, 3478, 11211],
            port => Assert.True(udp.Contains(new PortNumber(port)), $"{port}/udp"));
    }

    [Fact]
    public void Pages_say_the_shares_that_the_table_has()
    {
        var readme = File.ReadAllText(Repository.PathOf("data/README.md")).ReplaceLineEndings(" ");
        var page = File.ReadAllText(Repository.PathOf("docs/scan.md")).ReplaceLineEndings(" ");
        string Percent(TransportProtocol protocol, int count) =>
            string.Create(CultureInfo.InvariantCulture, $"{100 * TopPorts.ShareOf(protocol, count):0} %");
        Assert.Contains(
            $"the first 10 have about {Percent(TransportProtocol.Tcp, 10)}, the first 50 about {Percent(TransportProtocol.Tcp, 50)}",
            readme, StringComparison.Ordinal);
        Assert.Contains(
            $"the first 10 have about {Percent(TransportProtocol.Tcp, 10)}, the first 50 about {Percent(TransportProtocol.Tcp, 50)}", page,
            StringComparison.Ordinal);
        Assert.Contains($"UDP: {Percent(TransportProtocol.Udp, 10)} in the first 10", page, StringComparison.Ordinal);
        Assert.Equal(0, TopPorts.ShareOf(TransportProtocol.Tcp, 0));
        Assert.Equal(1, TopPorts.ShareOf(TransportProtocol.Tcp, TopPorts.FastCount));
    }

    [Fact]
    public void The_usual_suspects_are_among_the_first_hundred()
    {
        var tcp = TopPorts.Take(TransportProtocol.Tcp, 100);
        Assert.All(
            (ushort[])[
                21, 22, 23, 25, 53, 80, 110, 111, 135, 139, 143, 389, 443, 445, 587, 631, 993, 995, 1433, 1521, 1723, 1883, 3306, 3389,
                5060, 5432, 5900, 5985, 6379, 6443, 8000, 8080, 8443, 8888, 9092, 9100, 9200, 11211, 27017],
            port => Assert.True(tcp.Contains(new PortNumber(port)), $"{port}/tcp"));
        var udp = TopPorts.Take(TransportProtocol.Udp, 100);
        Assert.All(
            (ushort[])[
                53, 67, 68, 69, 111, 123, 137, 138, 161, 162, 443, 500, 514, 520, 623, 1194, 1434, 1812, 1900, 3478, 4500, 5060, 5353, 5355,
                11211, 51820],
            port => Assert.True(udp.Contains(new PortNumber(port)), $"{port}/udp"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(1000)]
    [InlineData(10_000)]
    [InlineData(65_535)]
    public void As_many_are_taken_as_are_asked_for_and_never_port_0(int count)
    {
        foreach (var protocol in (TransportProtocol[])[TransportProtocol.Tcp, TransportProtocol.Udp])
        {
            var ports = TopPorts.Take(protocol, count);
            Assert.Equal(count, ports.Count);
            Assert.False(ports.Contains(PortNumber.Zero));
        }
    }

    [Fact]
    public void More_ports_are_never_others()
    {
        for (var count = 1; count < 2000; count += 37)
        {
            Assert.True(TopPorts.Take(TransportProtocol.Tcp, count).IsSubsetOf(TopPorts.Take(TransportProtocol.Tcp, count + 37)));
        }
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    private static int RankOf(ushort number, TransportProtocol protocol)
    {
        var port = new PortNumber(number);
        return ServiceRegistry.BuiltIn.Find(port, protocol).Any(
            entry => entry.Reference?.Contains("RFC", StringComparison.Ordinal) == true) ? 0
            : port.Category == PortCategory.System ? 1 : 2;
    }
}
