using Portolan.Lab.Attaching;
using Portolan.Lab.Running;
using Portolan.Lab.Topology.Reading;

namespace Portolan.Tests.Lab.Attaching;

public sealed class LabFilesTests
{
    private const string Text =
        """
        name: small
        networks: { office: [198.18.0.0/24, 2001:db8:1::/64] }
        hosts:
          web: { address: [198.18.0.10, 2001:db8:1::10], names: [www.example.com], ports: [http] }
          pc: 198.18.0.20-198.18.0.29
        """;

    [Fact]
    public void The_hosts_file_has_each_address_once_with_all_its_names()
    {
        var lines = LabFiles.Hosts(new LabDirectory(TopologyReader.Read(Text).OrThrow("text")), "here").Split('\n');

        Assert.Equal(
            ["127.0.0.1 localhost here", "::1 localhost ip6-localhost ip6-loopback", "198.18.0.10 web web.small.lab www.example.com",
                "2001:db8:1::10 web web.small.lab www.example.com", ""],
            lines);
    }

    [Fact]
    public void The_hosts_of_a_small_range_are_in_the_hosts_file_and_those_of_a_large_one_are_not()
    {
        var topology = TopologyReader.Read(Text).OrThrow("text");
        var lines = LabFiles.Hosts(new LabDirectory(topology), "here", topology).Split('\n');

        Assert.Contains("198.18.0.20 pc-1 pc-1.small.lab", lines);
        Assert.Contains("198.18.0.29 pc-10 pc-10.small.lab", lines);
        var large = TopologyReader.Read("name: small\nnetworks: { office: 198.18.0.0/20 }\nhosts: { pc: 198.18.1.0-198.18.5.0 }\n").OrThrow(
            "text");
        Assert.Equal(3, LabFiles.Hosts(new LabDirectory(large), "here", large).Split('\n').Length);
    }

    [Fact]
    public void Without_a_name_server_the_resolver_asks_where_nobody_answers()
    {
        var topology = TopologyReader.Read(Text).OrThrow("text");
        Assert.StartsWith(
            "nameserver 127.0.0.1\nsearch small.lab\n", LabFiles.Resolver(topology, new LabDirectory(topology)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_host_with_dns_is_the_name_server()
    {
        var topology = TopologyReader.Read(Text.Replace("ports: [http]", "ports: { 53: dns, 53/udp: dns }", StringComparison.Ordinal))
            .OrThrow("text");
        Assert.StartsWith(
            "nameserver 198.18.0.10\nsearch", LabFiles.Resolver(topology, new LabDirectory(topology)), StringComparison.Ordinal);
    }

    [Fact]
    public void Only_the_line_of_host_names_changes_in_the_name_service_switch() => Assert.Equal(
        "hosts: files dns\npasswd: files ldap\nservices: db files\n",
        LabFiles.Switch("passwd: files ldap\nhosts: mymachines resolve [!UNAVAIL=return] files\nservices: db files\n"));
}
