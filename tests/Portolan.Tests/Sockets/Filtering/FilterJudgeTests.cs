using Portolan.Model;
using Portolan.Sockets;
using Portolan.Sockets.Filtering;
using Portolan.Sockets.Owners;
using Portolan.Tests.Support;

namespace Portolan.Tests.Sockets.Filtering;

/// <summary>Which sockets match.</summary>
public sealed class FilterJudgeTests
{
    [Theory]
    [InlineData("port 443", true)]
    [InlineData("sport 443", false)]
    [InlineData("dport 443", true)]
    [InlineData("port 40000", true)]
    [InlineData("sport >= 40000", true)]
    [InlineData("sport > 40000", false)]
    [InlineData("dport < 444", true)]
    [InlineData("dport <= 442", false)]
    [InlineData("port 1-500", true)]
    [InlineData("port != 22", true)]
    [InlineData("port != 443", false)]
    [InlineData("port https", true)]
    [InlineData("service https", true)]
    [InlineData("service http,ssh", false)]
    [InlineData("dst 203.0.113.0/24", true)]
    [InlineData("dst 203.0.113.7:443", true)]
    [InlineData("dst 203.0.113.7:80", false)]
    [InlineData("src 203.0.113.0/24", false)]
    [InlineData("address 203.0.113.7", true)]
    [InlineData("address 203.0.113.7:40000", false)]
    [InlineData("address 192.0.2.1:40000", true)]
    [InlineData("dst inet6:*", false)]
    [InlineData("src inet:*", true)]
    [InlineData("dst *:443", true)]
    [InlineData("dst ::/0", false)]
    [InlineData("state connected", true)]
    [InlineData("state listen", false)]
    [InlineData("family ipv4", true)]
    [InlineData("family ipv6", false)]
    [InlineData("protocol udp", false)]
    [InlineData("user ada", true)]
    [InlineData("user 1000", true)]
    [InlineData("user < 1000", false)]
    [InlineData("user root,www-data", false)]
    [InlineData("recvq > 0", true)]
    [InlineData("recvq >= 1K", false)]
    [InlineData("sendq 0", true)]
    [InlineData("dev eth0", true)]
    [InlineData("dev lo", false)]
    [InlineData("dev 2", true)]
    [InlineData("autobound", true)]
    [InlineData("path *", false)]
    public void A_connection_matches(string filter, bool matches)
    {
        var entry = Connection("192.0.2.1", 40000, "203.0.113.7", 443);
        entry.UserId = 1000;
        entry.ReceiveQueue = 20;
        entry.InterfaceIndex = 2;
        Assert.Equal(matches ? FilterResult.Yes : FilterResult.No, FilterWorld.Judge(filter, entry));
        Assert.Equal(matches ? FilterResult.No : FilterResult.Yes, FilterWorld.Judge($"not ({filter})", entry));
    }

    [Theory]
    [InlineData("port 22", true)]
    [InlineData("port < 1024", true)]
    [InlineData("dport < 1024", false)]
    [InlineData("dport >= 0", false)]
    [InlineData("dport 0", true)]
    [InlineData("port 0", false)]
    [InlineData("port 23-100", false)]
    [InlineData("port 0-10", false)]
    [InlineData("address 0.0.0.0", false)]
    [InlineData("src 0.0.0.0", true)]
    [InlineData("dst 0.0.0.0", true)]
    [InlineData("address 0.0.0.0/0", true)]
    [InlineData("dst 10.0.0.0/8", false)]
    [InlineData("state listening", true)]
    public void A_listener_has_no_remote_end(string filter, bool matches)
    {
        var entry = Connection("192.0.2.1", 22, "0.0.0.0", 0);
        entry.State = SocketState.Listen;
        if (filter.StartsWith("src 0", StringComparison.Ordinal))
        {
            entry.LocalAddress = InternetAddress.AnyIPv4;
        }

        Assert.Equal(matches ? FilterResult.Yes : FilterResult.No, FilterWorld.Judge(filter, entry));
    }

    [Theory]
    [InlineData("dst 192.0.2.0/24", true)]
    [InlineData("dst ::ffff:192.0.2.9", true)]
    [InlineData("dst ::/0", true)]
    [InlineData("dst 0.0.0.0/0", true)]
    [InlineData("dst inet:192.0.2.0/24", false)]
    [InlineData("dst inet6:192.0.2.0/24", true)]
    [InlineData("family ipv6", true)]
    [InlineData("family ipv4", false)]
    [InlineData("dst 198.51.100.0/24", false)]
    public void An_IPv4_network_holds_for_IPv6_sockets_that_carry_IPv4(string filter, bool matches)
    {
        var entry = Connection("::ffff:192.0.2.1", 80, "::ffff:192.0.2.9", 50000);
        Assert.Equal(matches ? FilterResult.Yes : FilterResult.No, FilterWorld.Judge(filter, entry));
    }

    [Theory]
    [InlineData("family unix", true)]
    [InlineData("protocol unix", true)]
    [InlineData("not family ipv6", true)]
    [InlineData("port 0", false)]
    [InlineData("port != 22", true)]
    [InlineData("src ::/0", false)]
    [InlineData("src *", false)]
    [InlineData("dst *:443", false)]
    [InlineData("not dst 10.0.0.0/8", true)]
    public void A_Unix_socket_has_neither_ports_nor_addresses(string filter, bool matches)
    {
        var entry = new SocketEntry { Protocol = SocketProtocol.Unix, State = SocketState.Established, UnixIndex = -1 };
        Assert.Equal(matches ? FilterResult.Yes : FilterResult.No, FilterWorld.Judge(filter, entry));
    }

    [Theory]
    [InlineData("path /run/dbus/*", FilterResult.Yes)]
    [InlineData("src unix:*socket", FilterResult.Yes)]
    [InlineData("dst unix:*", FilterResult.No)]
    [InlineData("path @*", FilterResult.No)]
    [InlineData("path \"\"", FilterResult.No)]
    public void A_Unix_path_is_compared_with_wildcards(string filter, FilterResult expected)
    {
        var table = new SocketTable();
        ref var entry = ref table.Add();
        entry.Protocol = SocketProtocol.Unix;
        table.Attach(ref entry, new UnixDetails("/run/dbus/system_bus_socket", 0, 1));
        var context = new FilterContext { Snapshot = Snapshot(table) };
        Assert.Equal(expected, SocketFilter.Parse([filter], FilterWorld.Names).Judge(entry, context));
    }

    [Fact]
    public void A_service_belongs_to_its_protocol()
    {
        var entry = Connection("192.0.2.1", 514, "203.0.113.7", 999);
        Assert.Equal(FilterResult.Yes, FilterWorld.Judge("service shell", entry));
        Assert.Equal(FilterResult.No, FilterWorld.Judge("service syslog", entry));
        entry.Protocol = SocketProtocol.Udp;
        Assert.Equal(FilterResult.No, FilterWorld.Judge("service shell", entry));
        Assert.Equal(FilterResult.Yes, FilterWorld.Judge("port syslog", entry));
        entry.Protocol = SocketProtocol.Mptcp;
        Assert.Equal(FilterResult.Yes, FilterWorld.Judge("port shell", entry));
    }

    [Fact]
    public void What_no_socket_owns_has_no_user()
    {
        var entry = Connection("192.0.2.1", 1, "203.0.113.7", 2);
        entry.Flags = SocketFlags.None;
        entry.State = SocketState.TimeWait;
        Assert.Equal(FilterResult.No, FilterWorld.Judge("user 0", entry));
        Assert.Equal(FilterResult.Yes, FilterWorld.Judge("user != 0", entry));
    }

    [Theory]
    [InlineData("process nginx", FilterResult.Yes)]
    [InlineData("process NGIN?", FilterResult.Yes)]
    [InlineData("process ngin", FilterResult.No)]
    [InlineData("process sshd,nginx", FilterResult.Yes)]
    [InlineData("pid 100", FilterResult.Yes)]
    [InlineData("pid >= 101", FilterResult.Yes)]
    [InlineData("pid > 101", FilterResult.No)]
    [InlineData("unit nginx", FilterResult.Yes)]
    [InlineData("unit nginx.service", FilterResult.Yes)]
    [InlineData("unit nginx.socket", FilterResult.No)]
    [InlineData("unit ngin", FilterResult.No)]
    [InlineData("container web*", FilterResult.Yes)]
    [InlineData("container 4f5e6a", FilterResult.Yes)]
    [InlineData("container 4f5", FilterResult.No)]
    [InlineData("container db", FilterResult.No)]
    [InlineData("not process nginx", FilterResult.No)]
    public void Any_holder_of_the_socket_may_match(string filter, FilterResult expected)
    {
        var entry = Connection("192.0.2.1", 80, "203.0.113.7", 50000);
        entry.Inode = 7;
        Assert.Equal(expected, SocketFilter.Parse([filter], FilterWorld.Names).Judge(entry, Owned(hidden: 3)));
    }

    [Theory]
    [InlineData("process nginx", FilterResult.Unknown)]
    [InlineData("not process nginx", FilterResult.Unknown)]
    [InlineData("process nginx and port 80", FilterResult.Unknown)]
    [InlineData("process nginx and port 81", FilterResult.No)]
    [InlineData("process nginx or port 80", FilterResult.Yes)]
    [InlineData("process nginx or port 81", FilterResult.Unknown)]
    [InlineData("not (process nginx or port 80)", FilterResult.No)]
    public void Hidden_owners_leave_the_question_open(string filter, FilterResult expected)
    {
        var entry = Connection("192.0.2.1", 80, "203.0.113.7", 50000);
        entry.Inode = 8;
        Assert.Equal(expected, SocketFilter.Parse([filter], FilterWorld.Names).Judge(entry, Owned(hidden: 3)));
        Assert.Equal(expected, FilterWorld.Judge(filter, entry));
    }

    [Theory]
    [InlineData(8u, SocketFlags.None, 0)]
    [InlineData(0u, SocketFlags.None, 3)]
    [InlineData(8u, SocketFlags.KernelOwned, 3)]
    public void A_socket_that_nobody_holds_is_not_hidden(uint inode, SocketFlags flags, int hidden)
    {
        var entry = Connection("192.0.2.1", 80, "203.0.113.7", 50000);
        entry.Inode = inode;
        entry.Flags = flags;
        Assert.Equal(FilterResult.No, SocketFilter.Parse(["process nginx"], FilterWorld.Names).Judge(entry, Owned(hidden)));
        Assert.Equal(FilterResult.Yes, SocketFilter.Parse(["not process nginx"], FilterWorld.Names).Judge(entry, Owned(hidden)));
    }

    [Theory]
    [InlineData("namespace blue", 1, FilterResult.Yes)]
    [InlineData("namespace bl*", 1, FilterResult.Yes)]
    [InlineData("namespace self", 1, FilterResult.No)]
    [InlineData("namespace self", 0, FilterResult.Yes)]
    [InlineData("namespace 4026532000", 1, FilterResult.Yes)]
    [InlineData("namespace net:[4026532000]", 1, FilterResult.Yes)]
    [InlineData("namespace 4026532000", 0, FilterResult.No)]
    [InlineData("dev eth0", 1, FilterResult.Yes)]
    [InlineData("dev eth0", 0, FilterResult.No)]
    [InlineData("dev eth9", 1, FilterResult.No)]
    [InlineData("dev 7", 1, FilterResult.Yes)]
    public void Namespaces_are_told_apart(string filter, int index, FilterResult expected)
    {
        var entry = Connection("192.0.2.1", 80, "203.0.113.7", 50000);
        entry.NamespaceIndex = index;
        entry.InterfaceIndex = 7;
        var context = new FilterContext
        {
            Snapshot = Snapshot(new SocketTable()),
            InterfaceName = (space, at) => (space, at) == (1, 7) ? "eth0" : null,
        };
        Assert.Equal(expected, SocketFilter.Parse([filter], FilterWorld.NamesOfAllNamespaces).Judge(entry, context));
    }

    [Theory]
    [InlineData("port 80", FilterNeeds.None)]
    [InlineData("user root and service https", FilterNeeds.None)]
    [InlineData("pid 1", FilterNeeds.Owners)]
    [InlineData("port 80 or not process nginx", FilterNeeds.Owners | FilterNeeds.ProcessNames)]
    [InlineData("unit a or container b", FilterNeeds.Owners | FilterNeeds.Units | FilterNeeds.Containers)]
    [InlineData("namespace blue and path /x", FilterNeeds.Namespaces | FilterNeeds.UnixPaths)]
    [InlineData("dev eth0", FilterNeeds.None)]
    public void Only_the_facts_that_are_needed_are_asked_for(string filter, FilterNeeds needs) =>
        Assert.Equal(needs, SocketFilter.Parse([filter], FilterWorld.Names).Needs);

    [Fact]
    public void Judging_allocates_nothing()
    {
        var filter = SocketFilter.Parse(
            ["state established and (port 443,80 or process ngin*) and not dst 10.0.0.0/8 and (user ada or service "
                + "https) or unit x and sendq > 5"],
            FilterWorld.Names);
        var entry = Connection("192.0.2.1", 81, "203.0.113.7", 50000);
        entry.Inode = 7;
        var context = Owned(hidden: 0);
        Assert.Equal(0, Allocations.Fewest(() =>
        {
            for (var i = 0; i < 1000; i++)
            {
                filter.Judge(entry, context);
                filter.CouldMatch(entry);
            }
        }));
    }

    [Theory]
    [InlineData("state bound", true, false, true)]
    [InlineData("port 80 and not state bound", true, false, false)]
    [InlineData("state all", true, false, false)]
    [InlineData("port 80 or family unix", false, true, false)]
    [InlineData("src unix:*", false, true, false)]
    [InlineData("protocol raw state closed", true, true, false)]
    [InlineData("port 80", false, false, false)]
    public void A_command_learns_what_the_filter_speaks_of(string filter, bool states, bool kinds, bool bound) =>
        Assert.Equal(new FilterMentions(states, kinds, bound), SocketFilter.Parse([filter], FilterWorld.Names).Mentions);

    private static SocketEntry Connection(string local, ushort localPort, string remote, ushort remotePort)
    {
        Assert.True(InternetAddress.TryParse(local, out var localAddress));
        Assert.True(InternetAddress.TryParse(remote, out var remoteAddress));
        return new SocketEntry
        {
            LocalAddress = localAddress,
            LocalPort = localPort,
            RemoteAddress = remoteAddress,
            RemotePort = remotePort,
            Protocol = SocketProtocol.Tcp,
            State = SocketState.Established,
            Flags = SocketFlags.HasUser,
            Inode = 7,
            UnixIndex = -1,
        };
    }

    private static FilterContext Owned(int hidden) => new()
    {
        Owners = new OwnerMap([7, 7], [100, 101], "test", hidden),
        Process = pid => pid == 100
            ? new ProcessInfo(pid, 1)
            {
                Name = "nginx",
                Unit = "nginx.service",
                Container = new ContainerInfo("4f5e6a7b8c", "docker", "web-1", null),
            }
            : new ProcessInfo(pid, 1) { Name = "helper" },
    };

    private static SocketSnapshot Snapshot(SocketTable table) => new()
    {
        Sockets = table,
        Namespaces = [new NetworkNamespace(4026531840, null, 0, IsOwn: true), new NetworkNamespace(4026532000, "blue", 9, IsOwn: false)],
        Sources = [],
        Missing = [],
    };
}
