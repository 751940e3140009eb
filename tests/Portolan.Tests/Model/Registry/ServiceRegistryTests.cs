using System.Text;
using Portolan.Model;
using Portolan.Model.Registry;
using Portolan.Tests.Support;

namespace Portolan.Tests.Model.Registry;

public sealed class ServiceRegistryTests
{
    private static readonly ServiceRegistry Registry = ServiceRegistry.BuiltIn;

    [Theory]
    [InlineData(443, "tcp", ServiceStatus.Assigned)]
    [InlineData(0, "tcp", ServiceStatus.Reserved)]
    [InlineData(0, "udp", ServiceStatus.Reserved)]
    [InlineData(2, "tcp", ServiceStatus.Reserved)] // taken back from compressnet
    [InlineData(4, "tcp", ServiceStatus.Unassigned)] // says "Unassigned"
    [InlineData(81, "tcp", ServiceStatus.Unassigned)] // says so for no protocol in particular
    [InlineData(15, "tcp", ServiceStatus.Unassigned)] // "Unassigned [was netstat]"
    [InlineData(24, "tcp", ServiceStatus.Assigned)] // "any private mail system", without a name
    [InlineData(230, "udp", ServiceStatus.Reserved)] // the range 225-241
    [InlineData(585, "tcp", ServiceStatus.Reserved)] // "De-registered"
    [InlineData(1015, "dccp", ServiceStatus.Reserved)]
    [InlineData(6666, "tcp", ServiceStatus.Assigned)]
    [InlineData(6666, "udp", ServiceStatus.Reserved)]
    [InlineData(11434, "udp", ServiceStatus.Reserved)] // the other protocol of an assigned port
    [InlineData(443, "dccp", ServiceStatus.Unassigned)] // in no record
    [InlineData(10007, "sctp", ServiceStatus.Unassigned)]
    [InlineData(49151, "tcp", ServiceStatus.Reserved)]
    [InlineData(49152, "tcp", ServiceStatus.Unassigned)]
    [InlineData(65535, "udp", ServiceStatus.Unassigned)]
    public void Assigned_reserved_and_unassigned_are_told_apart(int port, string protocol, ServiceStatus status)
    {
        Assert.True(TransportProtocolNames.TryParse(protocol, out var transport));
        Assert.Equal(status, Registry.StatusOf(Port(port), transport));
        Assert.Equal(status, Registry.Describe(Port(port), transport).Status);
    }

    [Fact]
    public void A_dynamic_port_is_never_assigned()
    {
        var dynamic = new PortRange(Port(49152), Port(65535));
        Assert.Empty(Registry.Find(dynamic));
        foreach (var port in new PortSet(dynamic))
        {
            Assert.Equal(ServiceStatus.Unassigned, Registry.StatusOf(port, TransportProtocol.Tcp));
            Assert.True(Registry.PrimaryName(port, TransportProtocol.Udp).IsEmpty);
        }
    }

    [Fact]
    public void An_entry_says_all_that_the_registry_says()
    {
        var ssh = Assert.Single(Registry.Find(Port(22), TransportProtocol.Tcp));
        Assert.Equal("ssh", ssh.Name);
        Assert.Equal("ssh", ssh.ListingName);
        Assert.Empty(ssh.Aliases);
        Assert.Equal("The Secure Shell (SSH) Protocol", ssh.Description);
        Assert.Equal("RFC4251", ssh.Reference);
        Assert.Equal(PortCategory.System, ssh.Category);
        Assert.Equal(Port(22), ssh.EndPort);

        var nfs = Assert.Single(Registry.Find(Port(2049), TransportProtocol.Tcp));
        Assert.Equal(("shilp", "nfs"), (nfs.Name, nfs.ListingName));
        Assert.Equal("Network File System - Sun Microsystems", nfs.Description);

        var private24 = Registry.Describe(Port(24), TransportProtocol.Udp);
        Assert.Equal((null, "any private mail system"), (private24.Name, private24.Description));
        Assert.Null(Registry.Describe(Port(11434), TransportProtocol.Udp).Description);

        var nobody = Registry.Describe(Port(50000), TransportProtocol.Tcp);
        Assert.Equal((null, null, null), (nobody.Name, nobody.Description, nobody.Reference));
        Assert.Equal(PortCategory.Dynamic, nobody.Category);
    }

    [Fact]
    public void Ianas_note_on_replaced_names_is_no_part_of_a_description()
        => Assert.DoesNotContain(
            Registry.Entries(),
            entry => entry.Names.Any(name => name.Description?.Contains("well-formed", StringComparison.Ordinal) == true));

    [Fact]
    public void Every_entry_is_found_by_its_ports_and_by_each_of_its_names()
    {
        var entries = Registry.Entries();
        Assert.True(entries.Count > 12_000, $"{entries.Count} entries");
        var byName = entries.SelectMany(entry => entry.Names).Select(name => name.Name).Distinct(StringComparer.OrdinalIgnoreCase)
            .ToDictionary(name => name, name => Registry.FindByName(name).ToList(), StringComparer.OrdinalIgnoreCase);
        foreach (var entry in entries)
        {
            Assert.Contains(Registry.Find(entry.Port, entry.Protocol), found => SameEntry(found, entry));
            Assert.Contains(Registry.Find(entry.EndPort), found => SameEntry(found, entry));
            foreach (var name in entry.Names)
            {
                Assert.Contains(byName[name.Name], found => SameEntry(found, entry));
                Assert.True(Registry.TryFindPort(name.Name, entry.Protocol, out var ports));
                Assert.Contains(
                    Registry.Describe(ports.First, entry.Protocol).Names,
                    other => string.Equals(other.Name, name.Name, StringComparison.OrdinalIgnoreCase));
            }
        }
    }

    [Fact]
    public void The_quick_way_to_a_name_agrees_with_the_entries()
    {
        var names = new Dictionary<(int, TransportProtocol), string>();
        foreach (var entry in Registry.Entries().Where(entry => entry.ListingName is not null).OrderByDescending(
            entry => entry.Ports.Count))
        {
            // Wide ranges first, so that what is said of a single port stays.
            foreach (var port in new PortSet(entry.Ports))
            {
                names[(port.Value, entry.Protocol)] = entry.ListingName!;
            }
        }

        foreach (var port in PortSet.All())
        {
            foreach (var protocol in ServiceRegistry.Protocols)
            {
                Assert.Equal(names.GetValueOrDefault((port.Value, protocol)), Registry.PrimaryNameText(port, protocol));
            }
        }
    }

    [Fact]
    public void Udp_lite_shares_the_registrations_of_udp()
    {
        Assert.Equal("domain", Registry.PrimaryNameText(Port(53), TransportProtocol.UdpLite));
        Assert.Equal(ServiceStatus.Reserved, Registry.StatusOf(Port(0), TransportProtocol.UdpLite));
        Assert.True(Registry.TryFindPort("syslog", TransportProtocol.UdpLite, out var ports));
        Assert.Equal(Port(514), ports.First);
        Assert.Equal(TransportProtocol.Udp, Assert.Single(Registry.Find(Port(514), TransportProtocol.UdpLite)).Protocol);
    }

    [Fact]
    public void A_port_has_one_entry_for_each_protocol()
    {
        Assert.Equal(["tcp", "udp", "sctp", "dccp"], Registry.Find(Port(9)).Select(entry => entry.Protocol.Name()));
        Assert.Empty(Registry.Find(Port(4)));
        Assert.Equal(
            [21, 22, 23], Registry.Find(new PortRange(Port(21), Port(23)), TransportProtocol.Tcp).Select(entry => (int)entry.Port));
        Assert.Equal("x11", Assert.Single(Registry.Find(new PortRange(Port(6010), Port(6020)), TransportProtocol.Udp)).Name);
    }

    [Theory]
    [InlineData("https", "443/tcp 443/udp 443/sctp")]
    [InlineData("HTTPS", "443/tcp 443/udp 443/sctp")]
    [InlineData("www", "80/tcp 80/udp")]
    [InlineData("ethernet/ip-1", "2222/tcp 2222/udp")]
    [InlineData("udt_os", "1382/tcp 1382/udp 3900/tcp 3900/udp")]
    [InlineData("tacacss", "300/tcp")]
    [InlineData("no-such-service", "")]
    [InlineData("", "")]
    [InlineData("ſsh", "")]
    public void A_name_leads_to_its_ports_without_regard_to_case(string name, string entries)
        => Assert.Equal(entries, string.Join(' ', Registry.FindByName(name).Select(entry => $"{entry.Ports}/{entry.Protocol.Name()}")));

    [Fact]
    public void A_prefix_leads_to_the_names_that_begin_with_it()
    {
        var found = Registry.FindByPrefix("Pop3", TransportProtocol.Tcp);
        Assert.Equal(["pop3", "pop3s"], found.Select(entry => entry.Name));
        Assert.Empty(Registry.FindByPrefix("pop3x"));
        Assert.All(Registry.FindByPrefix("domain"), entry => Assert.StartsWith("domain", entry.Name, StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public void A_search_finds_words_in_names_and_descriptions_the_best_first()
    {
        var mail = Registry.Search("MAIL", TransportProtocol.Tcp);
        Assert.Contains(mail, entry => entry.Name == "smtp");
        Assert.All(
            mail,
            entry => Assert.Contains("mail", $"{string.Join(' ', entry.Names)} {entry.Description}", StringComparison.OrdinalIgnoreCase));

        Assert.Equal("http", Registry.Search("http")[0].Name);
        Assert.Equal("https", Registry.Search("https")[0].Name);
        var both = Registry.Search("simple mail", TransportProtocol.Tcp);
        Assert.Equal(["smtp"], both.Select(entry => entry.Name));
        Assert.Contains(Registry.Search("RFC4251"), entry => entry.Name == "ssh");
        Assert.Empty(Registry.Search("  "));
        Assert.Empty(Registry.Search("no such words anywhere"));
    }

    [Fact]
    public void All_names_are_listed_once()
    {
        var names = Registry.Names();
        var expected =
            Registry.Entries().SelectMany(entry => entry.Names).Select(name => name.Name).Distinct(StringComparer.OrdinalIgnoreCase);
        Assert.Equal(
            expected.Order(StringComparer.OrdinalIgnoreCase), names.Order(StringComparer.OrdinalIgnoreCase),
            StringComparer.OrdinalIgnoreCase);
        Assert.Equal("postgresql", NearestWord.Find("posgresql", names));
    }

    [Fact]
    public void Names_can_stand_in_port_lists()
    {
        Assert.True(PortSet.TryParse("ssh,http,x11,ftp-data", out var ports, out _, Registry.PortsByName(TransportProtocol.Tcp)));
        Assert.Equal("20,22,80,6000-6063", ports.ToString());
        Assert.False(PortSet.TryParse("ssh,hxxp", out _, out var error, Registry.PortsByName()));
        Assert.Equal(4, error.Position);
    }

    [Fact]
    public void Lookups_allocate_nothing()
    {
        var found = 0L;
        Assert.Equal(0, Allocations.Fewest(() =>
        {
            for (var port = 0; port < PortNumber.Count; port++)
            {
                found += Registry.PrimaryName(Port(port), TransportProtocol.Tcp).Length;
                found += Registry.PrimaryName(Port(port), TransportProtocol.Sctp).Length;
                found += (int)Registry.StatusOf(Port(port), TransportProtocol.Udp);
            }

            found += Registry.TryFindPort("https", TransportProtocol.Tcp, out var ports) ? ports.Count : 0;
            found += Registry.TryFindPort("comsat", TransportProtocol.Tcp, out ports) ? ports.Count : 0;
        }));
        Assert.True(found > 0);
    }

    [Fact]
    public void Names_are_of_the_characters_that_a_terminal_shows()
        => Assert.All(
            Registry.Entries().SelectMany(entry => entry.Names),
            name => Assert.False(name.Name.AsSpan().ContainsAnyExceptInRange('!', '~')));

    [Fact]
    public void The_built_in_table_passes_the_checks_for_files()
    {
        byte[] file = [.. BuiltInTable.Numbers, .. BuiltInTable.Text];
        Assert.True(ServiceRegistry.TryOpen(file, out var registry, out var reason), reason);
        Assert.Equal(Registry.Entries().Select(Shown), registry!.Entries().Select(Shown));
        Assert.Equal(Registry.AsOf, registry.AsOf);
        Assert.False(registry.IsBuiltIn);
        Assert.Equal("https", Encoding.UTF8.GetString(registry.PrimaryName(Port(443), TransportProtocol.Tcp)));
    }

    private static bool SameEntry(ServiceEntry left, ServiceEntry right) => left.Ports == right.Ports && left.Protocol == right.Protocol;

    private static string Shown(ServiceEntry entry)
        => $"{entry.Ports}/{entry.Protocol} {entry.Status} {string.Join('|', entry.Names)} {entry.Description} {entry.Reference} "
            + $"{entry.ListingName}";

    private static PortNumber Port(int value) => new((ushort)value);
}
