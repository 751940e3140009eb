using System.Text;
using Portolan.Model;
using Portolan.Model.Registry;
using Portolan.Tests.Support;

namespace Portolan.Tests.Model.Registry;

public sealed class BuiltInRegistryTests
{
    private static readonly ServiceRegistry Registry = ServiceRegistry.BuiltIn;

    [Theory]
    [InlineData(1, "tcp", "tcpmux")]
    [InlineData(7, "tcp", "echo")]
    [InlineData(9, "dccp", "discard")]
    [InlineData(9, "sctp", "discard")]
    [InlineData(13, "udp", "daytime")]
    [InlineData(20, "tcp", "ftp-data")]
    [InlineData(21, "tcp", "ftp")]
    [InlineData(22, "tcp", "ssh")]
    [InlineData(22, "sctp", "ssh")]
    [InlineData(23, "tcp", "telnet")]
    [InlineData(25, "tcp", "smtp")]
    [InlineData(42, "tcp", "name")]
    [InlineData(53, "udp", "domain")]
    [InlineData(67, "udp", "bootps")]
    [InlineData(68, "udp", "bootpc")]
    [InlineData(69, "udp", "tftp")]
    [InlineData(79, "tcp", "finger")]
    [InlineData(80, "tcp", "http")]
    [InlineData(80, "udp", "http")]
    [InlineData(80, "sctp", "http")]
    [InlineData(88, "tcp", "kerberos")]
    [InlineData(110, "tcp", "pop3")]
    [InlineData(111, "tcp", "sunrpc")]
    [InlineData(113, "tcp", "ident")]
    [InlineData(113, "udp", "auth")]
    [InlineData(119, "tcp", "nntp")]
    [InlineData(123, "udp", "ntp")]
    [InlineData(143, "tcp", "imap")]
    [InlineData(161, "udp", "snmp")]
    [InlineData(162, "udp", "snmptrap")]
    [InlineData(179, "sctp", "bgp")]
    [InlineData(389, "tcp", "ldap")]
    [InlineData(443, "tcp", "https")]
    [InlineData(443, "udp", "https")]
    [InlineData(445, "tcp", "microsoft-ds")]
    [InlineData(465, "tcp", "submissions")]
    [InlineData(465, "udp", "igmpv3lite")]
    [InlineData(512, "tcp", "exec")]
    [InlineData(512, "udp", "comsat")]
    [InlineData(514, "tcp", "shell")]
    [InlineData(514, "udp", "syslog")]
    [InlineData(546, "udp", "dhcpv6-client")]
    [InlineData(587, "tcp", "submission")]
    [InlineData(631, "tcp", "ipp")]
    [InlineData(636, "tcp", "ldaps")]
    [InlineData(853, "tcp", "domain-s")]
    [InlineData(993, "tcp", "imaps")]
    [InlineData(995, "tcp", "pop3s")]
    [InlineData(1433, "tcp", "ms-sql-s")]
    [InlineData(1701, "udp", "l2tp")]
    [InlineData(1883, "tcp", "mqtt")]
    [InlineData(2049, "tcp", "nfs")]
    [InlineData(3306, "tcp", "mysql")]
    [InlineData(3389, "tcp", "ms-wbt-server")]
    [InlineData(3478, "udp", "stun")]
    [InlineData(5060, "udp", "sip")]
    [InlineData(5353, "udp", "mdns")]
    [InlineData(5432, "tcp", "postgresql")]
    [InlineData(5672, "tcp", "amqp")]
    [InlineData(5672, "sctp", "amqp")]
    [InlineData(6000, "tcp", "x11")]
    [InlineData(6063, "udp", "x11")]
    [InlineData(6379, "tcp", "redis")]
    [InlineData(6400, "tcp", "boe-cms")]
    [InlineData(6667, "tcp", "ircu")]
    [InlineData(8080, "tcp", "http-alt")]
    [InlineData(11211, "tcp", "memcache")]
    [InlineData(11434, "tcp", "ollama")]
    [InlineData(27017, "tcp", "mongodb")]
    [InlineData(49150, "tcp", "inspider")]
    public void A_well_known_port_has_the_name_that_people_expect(int port, string protocol, string name)
    {
        Assert.True(TransportProtocolNames.TryParse(protocol, out var transport));
        Assert.Equal(name, Registry.PrimaryNameText(Port(port), transport));
        Assert.True(Registry.TryFindPort(name.ToUpperInvariant(), transport, out _));
    }

    [Theory]
    [InlineData(80, "tcp", "http,www,www-http")]
    [InlineData(631, "tcp", "ipp,ipps")]
    [InlineData(631, "udp", "ipp")]
    [InlineData(113, "tcp", "ident,auth")]
    [InlineData(63, "udp", "whoispp,whois++")]
    [InlineData(465, "tcp", "urd,submissions")]
    [InlineData(999, "udp", "applix,puprouter")]
    [InlineData(2049, "udp", "shilp,nfs")]
    [InlineData(3478, "tcp", "stun,turn,stun-behavior")]
    public void Every_name_is_kept_in_Ianas_order(int port, string protocol, string names)
    {
        Assert.True(TransportProtocolNames.TryParse(protocol, out var transport));
        var entry = Assert.Single(Registry.Find(Port(port), transport));
        Assert.Equal(names, string.Join(',', entry.Names.Select(name => name.Name)));
        Assert.Equal(names, string.Join(',', entry.Aliases.Prepend(entry.Name)));
    }

    [Theory]
    [InlineData("x11", 6000, 6063)]
    [InlineData("ircu", 6665, 6669)]
    [InlineData("vrml-multi-use", 4200, 4299)]
    [InlineData("flex-lm", 27000, 27009)]
    [InlineData("swx", 7300, 7359)]
    [InlineData("satvid-datalnk", 3367, 3371)]
    [InlineData("active-net", 3322, 3325)]
    public void Ranges_are_whole(string name, int first, int last)
    {
        Assert.True(Registry.TryFindPort(name, TransportProtocol.Tcp, out var ports));
        Assert.Equal(new PortRange(Port(first), Port(last)), ports);
        var expected = Encoding.UTF8.GetBytes(name);
        for (var port = first; port <= last; port++)
        {
            Assert.True(Registry.PrimaryName(Port(port), TransportProtocol.Tcp).SequenceEqual(expected));
        }

        Assert.False(Registry.PrimaryName(Port(first - 1), TransportProtocol.Tcp).SequenceEqual(expected));
        Assert.False(Registry.PrimaryName(Port(last + 1), TransportProtocol.Tcp).SequenceEqual(expected));
    }

    [Fact]
    public void The_table_says_what_the_reviewed_file_says()
    {
        var lines = File.ReadLines(Repository.PathOf("data", "registry.txt"))
            .Where(static line => line.Contains('\t', StringComparison.Ordinal));
        var written = lines.SelectMany(static line =>
        {
            string[] fields = [.. line.Split('\t'), "", "", ""];
            return fields[1].Split(',').Select(protocol => $"{fields[0]}/{protocol} {fields[2]} {fields[3]} {fields[4]} {fields[5]}");
        });
        var built = Registry.Entries().SelectMany(static entry => entry.Names
            .DefaultIfEmpty(new ServiceName("", entry.Description, entry.Reference))
            .Select(name => $"{entry.Ports}/{entry.Protocol.Name()} {entry.Status.Name()} {name.Name} {name.Reference} "
                + $"{name.Description}"));
        Assert.Equal(written.Order(StringComparer.Ordinal), built.Order(StringComparer.Ordinal));
    }

    private static PortNumber Port(int value) => new((ushort)value);
}
