using Portolan.Model;
using Portolan.Sockets;
using Portolan.Sockets.Owners;
using Portolan.Tests.Support;

namespace Portolan.Tests.Cli.Listing;

/// <summary>The table of <c>list</c>, to the letter.</summary>
public sealed class ListTableTests
{
    [Fact]
    public void Headings_of_two_words_are_joined_as_in_RECV_Q()
    {
        using var bench = new ListBench(new MachineBuilder().Listen("127.0.0.1:1"));
        bench.Run("-tln", "--columns", "dualStack,receiveQueue,cgroupId");
        Assert.StartsWith("DUAL-STACK RECV-Q CGROUP-ID\n", bench.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Columns_are_as_wide_as_their_widest_cell_and_nothing_stands_after_the_last()
    {
        using var bench = new ListBench(Machine());
        bench.Run("-tuan");
        Assert.Equal(
            """
            PROTO STATE       RECV-Q SEND-Q LOCAL               REMOTE
            tcp   LISTEN           0    128 0.0.0.0:22          0.0.0.0:*
            tcp   LISTEN           3      5 *:80                *:*
            tcp   LISTEN           0      0 [::1]:631           [::]:*
            tcp   ESTABLISHED      0      0 192.0.2.10:22       198.51.100.7:51234
            tcp   ESTABLISHED      0      0 [2001:db8::1]:40000 [2001:db8::2]:443
            tcp   TIME-WAIT        0      0 127.0.0.1:51000     127.0.0.1:80
            udp   UNCONNECTED      0      0 127.0.0.53:53       0.0.0.0:*

            """,
            bench.Output);
        Assert.Empty(bench.Error);
        Assert.Empty(bench.OwnerSearches);
    }

    [Fact]
    public void Owners_stand_last_with_all_pids_of_one_name_together()
    {
        using var bench = new ListBench(Machine());
        bench.Run("-tlpnH");
        Assert.Contains("LISTEN 0 128 0.0.0.0:22 0.0.0.0:* sshd 812\n", bench.Output);
        Assert.Contains("LISTEN 3   5 *:80       *:*       nginx 900,901; php-fpm 950\n", bench.Output);
    }

    [Fact]
    public void On_a_terminal_rows_are_sorted_and_ports_have_names()
    {
        using var bench = new ListBench(Machine())
        {
            IsTerminal = true,
            Resolver = new KnownNames(("127.0.0.53", "resolver.example"), ("198.51.100.7", "client.example")),
        };
        bench.Run("-tua");
        Assert.Equal(
            """
            PROTO STATE       RECV-Q SEND-Q LOCAL                    REMOTE
            tcp   LISTEN           0    128 0.0.0.0:ssh              0.0.0.0:*
            tcp   ESTABLISHED      0      0 192.0.2.10:ssh           client.example:51234
            tcp   LISTEN           3      5 *:http                   *:*
            tcp   LISTEN           0      0 [::1]:ipp                [::]:*
            tcp   ESTABLISHED      0      0 [2001:db8::1]:safetynetp [2001:db8::2]:https
            tcp   TIME-WAIT        0      0 127.0.0.1:51000          127.0.0.1:http
            udp   UNCONNECTED      0      0 resolver.example:domain  0.0.0.0:*

            """,
            bench.Output);
    }

    [Fact]
    public void Numbers_stay_numbers_with_n_and_off_a_terminal_and_in_machine_formats()
    {
        var resolver = new KnownNames(("127.0.0.53", "resolver.example"));
        foreach (var (words, isTerminal) in (ReadOnlySpan<(string, bool)>)[
            ("-tuan", true), ("-tua", false), ("-tua --json", true), ("-tua --csv", true), ("-tuar --json", true)])
        {
            using var bench = new ListBench(Machine()) { IsTerminal = isTerminal, Resolver = resolver };
            bench.Run(words.Split(' '));
            Assert.DoesNotContain("resolver.example", bench.Output);
        }

        Assert.Equal(0, resolver.Calls);
    }

    [Fact]
    public void Names_are_shown_off_a_terminal_when_asked_for()
    {
        using var bench = new ListBench(Machine()) { Resolver = new KnownNames(("127.0.0.53", "resolver.example")) };
        bench.Run("-uar");
        Assert.Contains("resolver.example:domain", bench.Output);
    }

    [Fact]
    public void Hostile_names_are_made_visible()
    {
        var machine = new MachineBuilder().Process(7, "e\x1b[2J").Listen("127.0.0.1:1", 7);
        using var bench = new ListBench(machine) { IsTerminal = true, Resolver = new KnownNames(("127.0.0.1", "\u202egro.elpmaxe\x07")) };
        bench.Run("-tlp", "--columns", "local,owner,command");
        Assert.Contains("e\\x1b[2J 7", bench.Output);
        Assert.Contains("\\u{202e}gro.elpmaxe\\x07:", bench.Output);
        Assert.DoesNotContain('\x1b', bench.Output);
        Assert.DoesNotContain('\u202e', bench.Output);
    }

    [Fact]
    public void Hostile_interfaces_fit_however_near_the_buffers_end_they_stand()
    {
        var machine = new MachineBuilder();
        var name = new string('\x1b', 15);
        for (var i = 0; i < 2000; i++)
        {
            machine.Listen("[2001:db8:1111:2222:3333:4444:5555:6666]:54321").With((ref SocketEntry e) => e.InterfaceIndex = 7);
        }

        machine.Interfaces.Add(0, 7, name);
        machine.Listen("127.0.0.1:1").With((ref SocketEntry e) => e.InterfaceIndex = 8);
        using var bench = new ListBench(machine);
        bench.Run("-tlnH", "--columns", "local");
        var lines = bench.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var visible = string.Concat(Enumerable.Repeat("\\x1b", 15));
        Assert.All(lines[..2000], line => Assert.Equal($"[2001:db8:1111:2222:3333:4444:5555:6666]%{visible}:54321", line));
        Assert.Equal("127.0.0.1%if8:1", lines[2000]);
    }

    [Fact]
    public void Chosen_columns_come_in_the_order_asked_for_under_their_aliases()
    {
        using var bench = new ListBench(Machine());
        bench.Run("-tln", "--columns", "local,proto,recv-q,service,uid");
        Assert.Equal(
            """
            LOCAL      PROTO RECV-Q SERVICE  UID
            0.0.0.0:22 tcp        0 thing   1000
            *:80       tcp        3 thing   1000
            [::1]:631  tcp        0 ipp?    1000

            """,
            bench.Output);
    }

    [Fact]
    public void Sorting_takes_columns_and_directions()
    {
        using var bench = new ListBench(Machine());
        bench.Run("-tuanH", "--sort=-protocol,localPort", "--columns", "localPort");
        Assert.Equal(
            ["53", "22", "22", "80", "631", "40000", "51000"],
            bench.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
    }

    [Fact]
    public void Timers_users_and_cookies_are_columns()
    {
        using var bench = new ListBench(new MachineBuilder().TimeWait("127.0.0.1:51000", "127.0.0.1:80", 59_900).Listen("127.0.0.1:9", 1));
        bench.Run("-tanoe");
        Assert.Contains("REMOTE       TIMER            USER INODE COOKIE\n", bench.Output);
        Assert.Contains("127.0.0.1:80 timewait,59sec,0            3e8\n", bench.Output);
        Assert.Contains("0.0.0.0:*                           1001 3e9\n", bench.Output);
    }

    [Fact]
    public void Details_follow_a_row_in_the_words_of_ss()
    {
        var machine = new MachineBuilder().Connection("127.0.0.1:1", "127.0.0.1:2", bytesIn: 5, bytesOut: 7, pids: [1]);
        using var bench = new ListBench(machine);
        bench.Run("-ti");
        Assert.EndsWith("127.0.0.1:1 127.0.0.1:2\n\t bytes_sent:7 bytes_received:5\n", bench.Output);
        using var one = new ListBench(machine);
        one.Run("-tiO");
        Assert.EndsWith("127.0.0.1:1 127.0.0.1:2 bytes_sent:7 bytes_received:5\n", one.Output);
    }

    [Fact]
    public void Hidden_owners_are_counted_and_never_shown_as_none()
    {
        var machine = new MachineBuilder { HiddenProcesses = 3 }.Listen("127.0.0.1:1").Listen("127.0.0.1:2").Process(9, "mine")
            .Listen("127.0.0.1:3", 9).TimeWait("127.0.0.1:4", "127.0.0.1:5");
        using var bench = new ListBench(machine);
        Assert.Equal(0, bench.Run("-tanp"));
        Assert.Contains("the owners of 2 sockets: ", bench.Error);
        Assert.Equal(2, bench.Output.Split("(hidden)").Length - 1);
        Assert.Contains("mine 9", bench.Output);
    }

    [Fact]
    public void A_container_stands_where_its_proxy_is_hidden_and_its_engine_answers()
    {
        var machine = new MachineBuilder { HiddenProcesses = 3 }.Listen("0.0.0.0:8080").Listen("127.0.0.1:2");
        using var bench = new ListBench(machine, machine) { Containers = new Publishing(8080, "db") };
        bench.Run("-tlnp");
        Assert.Contains("0.0.0.0:8080 0.0.0.0:* container db\n", bench.Output);
        Assert.Contains("127.0.0.1:2  0.0.0.0:* (hidden)\n", bench.Output);
        Assert.Contains("the owner of 1 socket: ", bench.Error);

        bench.Run("-tlnp", "--columns", "container");
        Assert.Equal("CONTAINER\ndb\n\n", bench.Output);

        // Processes are still hidden: programs see no owner that is not there.
        bench.Run("-tlnp", "--json");
        Assert.Contains("the owners of 2 sockets", bench.Output);
        Assert.DoesNotContain("\"owners\":[", bench.Output.Replace(" ", "", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(40)]
    [InlineData(60)]
    [InlineData(80)]
    public void What_is_missing_is_broken_between_words_on_a_terminal(int width)
    {
        var machine = new MachineBuilder { HiddenProcesses = 3 }.Listen("127.0.0.1:1").Listen("127.0.0.1:2");
        using var narrow = new ListBench(machine) { ErrorWidth = width };
        using var file = new ListBench(machine);
        narrow.Run("-tlnp");
        file.Run("-tlnp");

        var lines = narrow.Error.TrimEnd('\n').Split('\n');
        Assert.InRange(lines.Max(static l => l.Length), 1, width);
        Assert.True(width > 60 || lines.Length > 1, narrow.Error);
        Assert.Equal(file.Error, string.Join(' ', lines.Select(static l => l.TrimStart())) + "\n");
    }

    [Fact]
    public void An_error_is_broken_between_words_and_its_hint_stays_whole()
    {
        using var bench = new ListBench(new MachineBuilder().Listen("127.0.0.1:1")) { ErrorWidth = 40 };
        Assert.Equal(2, bench.Run("--lab", "process", "nginx"));
        Assert.StartsWith("portolan: the sockets of a lab have no\n  processes, units and containers to\n  filter by\nhint: ", bench.Error);
        Assert.Equal(4, bench.Error.Count('\n'));
    }

    [Fact]
    public void Unix_and_packet_sockets_have_ends_of_their_own()
    {
        var table = new SocketTable();
        Unix(table, 10, SocketState.Listen, "/run/a b", 0);
        Unix(table, 11, SocketState.Established, "/run/a b", 12);
        Unix(table, 12, SocketState.Established, null, 11);
        ref var packet = ref table.Add();
        (packet.Protocol, packet.State, packet.LocalPort, packet.Inode) = (SocketProtocol.Packet, SocketState.Unconnected, 0x0800, 13);
        var source = new OneSnapshot(table);
        var console = new TestConsole { Sockets = source };
        console.Run("list", "-x0an");
        Assert.Equal(
            """
            PROTO  STATE       RECV-Q SEND-Q LOCAL       REMOTE
            unix   LISTEN           0      0 /run/a b 10 * 0
            unix   ESTABLISHED      0      0 /run/a b 11 * 12
            unix   ESTABLISHED      0      0 * 12        /run/a b 11
            packet UNCONNECTED      0      0 0x0800:*    *

            """,
            console.Output);
    }

    internal static MachineBuilder Machine() => new MachineBuilder()
        .Process(812, "sshd").Process(900, "nginx").Process(901, "nginx").Process(950, "php-fpm")
        .Listen("0.0.0.0:22", 812).Queue(0, 128)
        .Listen("[::]:80", 900, 901, 950).Queue(3, 5)
        .Listen("[::1]:631")
        .Connection("192.0.2.10:22", "198.51.100.7:51234", 100, 200, pids: [812])
        .Connection("[2001:db8::1]:40000", "[2001:db8::2]:443", pids: [950])
        .TimeWait("127.0.0.1:51000", "127.0.0.1:80")
        .Udp("127.0.0.53:53");

    private static void Unix(SocketTable table, uint inode, SocketState state, string? path, uint peer)
    {
        ref var entry = ref table.Add();
        (entry.Protocol, entry.State, entry.Inode) = (SocketProtocol.Unix, state, inode);
        table.Attach(ref entry, new UnixDetails(path, peer, 1));
    }

    /// <summary>An engine that publishes one port.</summary>
    private sealed class Publishing(int published, string name) : IContainerNames
    {
        public string? Name(ContainerInfo container) => name;

        public ContainerInfo? Publisher(PublishedPort port, uint user) =>
            port.HostPorts.First.Value == published && port.Runtime == "docker" ? new ContainerInfo("c0ffee", "docker", name, null) : null;
    }
}
