using Portolan.Model;
using Portolan.Model.Registry;
using Portolan.Scan.Targets;
using Portolan.Tests.Support;

namespace Portolan.Tests.Scan.Targets;

public sealed class TopPortsTests
{
    private static readonly string[][] Lines =
        [.. File.ReadLines(Repository.PathOf("data/top-ports.txt")).Where(line => !line.StartsWith('#')).Select(line => line.Split('\t'))];

    [Fact]
    public void Every_line_has_a_protocol_a_port_a_name_and_a_source()
        => Assert.All(Lines, line => Assert.True(line is ["tcp" or "udp", var port, not "", { Length: > 3 }] && ushort.TryParse(port, out var number) && number > 0, string.Join(' ', line)));

    [Fact]
    public void A_name_said_to_be_IANA_s_is_in_the_registry()
        => Assert.All(Lines.Where(line => line[3].StartsWith("IANA", StringComparison.Ordinal)), line =>
        {
            Assert.True(TransportProtocolNames.TryParse(line[0], out var protocol));
            Assert.True(PortNumber.TryParse(line[1], out var port));
            var names = ServiceRegistry.BuiltIn.Find(port, protocol).SelectMany(entry => entry.Names).Select(name => name.Name);
            Assert.Contains(line[2], names, StringComparer.OrdinalIgnoreCase);
        });

    [Theory]
    [InlineData(TransportProtocol.Tcp)]
    [InlineData(TransportProtocol.Udp)]
    public void The_table_is_the_list_and_then_the_registry_by_the_rule(TransportProtocol protocol)
    {
        var order = TopPorts.InOrder(protocol).ToArray();
        var listed = Lines.Where(line => line[0] == protocol.Name()).Select(line => ushort.Parse(line[1])).ToArray();
        Assert.Equal(listed, order[..listed.Length]);
        Assert.Equal(order.Length, order.Distinct().Count());

        var tail = order[listed.Length..];
        Assert.All(tail, port => Assert.False(ServiceRegistry.BuiltIn.PrimaryName(new PortNumber(port), protocol).IsEmpty));
        var ranks = tail.Select(port => (Rank: RankOf(port, protocol), port)).ToArray();
        Assert.Equal(ranks.Order(), ranks);
    }

    [Fact]
    public void The_usual_suspects_are_among_the_first_hundred()
    {
        var tcp = TopPorts.Take(TransportProtocol.Tcp, 100);
        Assert.All((ushort[])[21, 22, 23, 25, 53, 80, 110, 111, 135, 139, 143, 389, 443, 445, 587, 631, 993, 995, 1433, 1521, 1723, 1883, 3306, 3389, 5060, 5432, 5900, 5985, 6379, 6443, 8000, 8080, 8443, 8888, 9092, 9100, 9200, 11211, 27017],
            port => Assert.True(tcp.Contains(new PortNumber(port)), $"{port}/tcp"));
        var udp = TopPorts.Take(TransportProtocol.Udp, 100);
        Assert.All((ushort[])[53, 67, 68, 69, 111, 123, 137, 138, 161, 162, 443, 500, 514, 520, 623, 1194, 1434, 1812, 1900, 3478, 4500, 5060, 5353, 5355, 11211, 51820],
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

    private static int RankOf(ushort number, TransportProtocol protocol)
    {
        var port = new PortNumber(number);
        return ServiceRegistry.BuiltIn.Find(port, protocol).Any(entry => entry.Reference?.Contains("RFC", StringComparison.Ordinal) == true) ? 0
            : port.Category == PortCategory.System ? 1 : 2;
    }
}
