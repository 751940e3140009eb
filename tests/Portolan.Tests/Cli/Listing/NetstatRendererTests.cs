using Portolan.Model;
using Portolan.Sockets;
using Portolan.Tests.Support;

namespace Portolan.Tests.Cli.Listing;

/// <summary>netstat's form, to the letter; tests/Portolan.EndToEnd.Tests compares it with the real netstat.</summary>
public sealed class NetstatRendererTests
{
    [Fact]
    public void Internet_sockets_look_as_in_netstat_tunap()
    {
        using var bench = new ListBench(ListTableTests.Machine());
        bench.Run("--netstat", "-tunap");
        Assert.Equal(
            """
            Active Internet connections (servers and established)
            Proto Recv-Q Send-Q Local Address           Foreign Address         State       PID/Program name    
            tcp        0      0 0.0.0.0:22              0.0.0.0:*               LISTEN      812/sshd            
            tcp        0      0 192.0.2.10:22           198.51.100.7:51234      ESTABLISHED 812/sshd            
            tcp        0      0 127.0.0.1:51000         127.0.0.1:80            TIME_WAIT   -                   
            tcp6       3      0 :::80                   :::*                    LISTEN      900/nginx           
            tcp6       0      0 ::1:631                 :::*                    LISTEN      -                   
            tcp6       0      0 2001:db8::1:40000       2001:db8::2:443         ESTABLISHED 950/php-fpm         
            udp        0      0 127.0.0.53:53           0.0.0.0:*                           -                   

            """,
            bench.Output);
    }

    [Theory]
    [InlineData("-tn", "w/o servers", 3)]
    [InlineData("-tnl", "only servers", 3)]
    [InlineData("-tna", "servers and established", 6)]
    [InlineData("-tnla", "servers and established", 6)]
    public void Servers_and_connections_are_told_apart_by_the_remote_port(string flags, string scope, int rows)
    {
        using var bench = new ListBench(ListTableTests.Machine());
        bench.Run("--netstat", flags);
        var lines = bench.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal($"Active Internet connections ({scope})", lines[0]);
        Assert.Equal(rows, lines.Length - 2);
    }

    [Fact]
    public void Long_addresses_are_cut_before_the_port_unless_wide()
    {
        var machine = new MachineBuilder().Listen("[2001:db8:1111:2222:3333:4444:5555:6666]:54321").Listen("[fe80::1234:5678:9abc:def0]:9");
        using var bench = new ListBench(machine);
        bench.Run("--netstat", "-tlnH");
        Assert.Equal(
            "tcp6       0      0 2001:db8:1111:222:54321 :::*                    LISTEN     \n"
            + "tcp6       0      0 fe80::1234:5678:9abc::9 :::*                    LISTEN     \n",
            bench.Output);
        using var wide = new ListBench(machine);
        wide.Run("--netstat", "-tlnHW");
        Assert.Contains(" 2001:db8:1111:2222:3333:4444:5555:6666:54321 :::*                    LISTEN", wide.Output);
    }

    [Fact]
    public void Program_names_are_cut_at_nineteen_characters_and_made_visible()
    {
        var machine =
            new MachineBuilder().Process(15190, "long", command: ["/usr/bin/averyverylongprogramname"]).Listen("127.0.0.1:1", 15190)
            .Process(7, "x", command: ["sshd: /usr/sbin/sshd -D", "y"]).Listen("127.0.0.1:2", 7)
            .Process(8, "y", command: ["/x/e\x1b[2J"]).Listen("127.0.0.1:3", 8);
        using var bench = new ListBench(machine);
        bench.Run("--netstat", "-tlnpH");
        Assert.Equal(
            ["15190/averyverylong ", "7/sshd: /usr/sbin/s ", "8/e\\x1b[2J          "],
            bench.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line[^20..]));
    }

    [Fact]
    public void Timers_count_retransmissions_and_probes_in_their_own_places()
    {
        var machine = new MachineBuilder()
            .Connection("127.0.0.1:1", "127.0.0.1:9")
            .With((ref SocketEntry e) => (e.Timer, e.TimerMilliseconds, e.Retransmits) = (SocketTimer.Retransmit, 1230, 4))
            .Connection("127.0.0.1:2", "127.0.0.1:9")
            .With((ref SocketEntry e) => (e.Timer, e.TimerMilliseconds, e.Retransmits) = (SocketTimer.KeepAlive, 7_198_610, 1))
            .Connection("127.0.0.1:3", "127.0.0.1:9")
            .With((ref SocketEntry e) => (e.Timer, e.TimerMilliseconds, e.Retransmits) = (SocketTimer.Persist, 200, 2))
            .TimeWait("127.0.0.1:4", "127.0.0.1:9", 59_987)
            .Listen("127.0.0.1:5");
        using var bench = new ListBench(machine);
        bench.Run("--netstat", "-tanoH");
        Assert.Equal(
            ["on (1.23/4/0)", "keepalive (7198.61/0/1)", "probe (0.20/0/2)", "timewait (59.98/0/0)", "off (0.00/0/0)"],
            bench.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line[80..]));
    }

    [Fact]
    public void Unix_sockets_have_counts_flags_and_states()
    {
        var table = new SocketTable();
        Unix(table, 10, SocketState.Listen, "/run/x", 0, 1);
        Unix(table, 11, SocketState.Established, "/run/x", 12, 1);
        Unix(table, 12, SocketState.Established, null, 11, 1);
        Unix(table, 0, SocketState.Established, "/run/x", 12, 1);
        Unix(table, 13, SocketState.Unconnected, "@abstract", 0, 2);
        Unix(table, 14, SocketState.Unconnected, null, 0, 5);
        var console = new TestConsole { Sockets = new OneSnapshot(table) };
        console.Run("list", "--netstat", "-xan");
        Assert.Equal(
            """
            Active UNIX domain sockets (servers and established)
            Proto RefCnt Flags       Type       State         I-Node   Path
            unix  2      [ ACC ]     STREAM     LISTENING     10       /run/x
            unix  3      [ ]         STREAM     CONNECTED     11       /run/x
            unix  4      [ ]         STREAM     CONNECTED     12       
            unix  2      [ ]         STREAM     CONNECTING    0        /run/x
            unix  2      [ ]         DGRAM                    13       @abstract
            unix  2      [ ]         SEQPACKET                14       

            """,
            console.Output);
    }

    private static void Unix(SocketTable table, uint inode, SocketState state, string? path, uint peer, byte type)
    {
        ref var entry = ref table.Add();
        (entry.Protocol, entry.State, entry.Inode) = (SocketProtocol.Unix, state, inode);
        table.Attach(ref entry, new UnixDetails(path, peer, type));
    }
}
