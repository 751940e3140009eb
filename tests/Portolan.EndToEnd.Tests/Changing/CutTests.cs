using System.Net;
using System.Net.Sockets;
using Portolan.EndToEnd.Tests.Support;
using Portolan.Kernel.Tests.Support;
using Portolan.Tests.Support;

namespace Portolan.EndToEnd.Tests.Changing;

/// <summary>Which connections <c>--cut</c> ends, and which it leaves.</summary>
public sealed class CutTests
{
    [Fact]
    public void Without_cut_connections_survive_and_with_it_all_but_the_callers_own_end()
    {
        using var lab = new RuleLab();
        using var shells = new ShellServer(lab.Server);
        using var own = new ShellSession(lab.Client, RuleLab.ServerAddress);
        using var other = new ShellSession(lab.Client, RuleLab.ServerAddress);
        Assert.Equal(0, other.Run("true").ExitCode);
        var kept = own.Run($"{PortolanProgram.Path} block 2222/tcp --force");
        Assert.Contains("note: existing connections continue; --cut ends them", kept.Output, StringComparison.Ordinal);
        Assert.False(lab.LetsIn(2222, 0.5));
        Assert.Equal(0, other.Run("true").ExitCode);

        Assert.Equal(0, own.Run($"{PortolanProgram.Path} firewall undo").ExitCode);
        var cut = own.Run($"{PortolanProgram.Path} block 2222/tcp --force --cut --yes");
        Assert.Equal(0, cut.ExitCode);
        Assert.Contains("cut 1 socket connections and 0 tracked connections; your own was kept", cut.Output, StringComparison.Ordinal);
        Assert.Contains("cut tcp 198.18.0.1:", cut.Output, StringComparison.Ordinal);
        Assert.Contains(" → 198.18.0.2:2222", cut.Output, StringComparison.Ordinal);
        Assert.IsType<SocketException>(Assert.Throws<IOException>(() => other.Run("true")).InnerException);
        Assert.Equal(0, own.Run("true").ExitCode);
    }

    [Fact]
    public void Cut_ends_connections_also_where_the_rule_is_there_already()
    {
        using var lab = new RuleLab();
        using var shells = new ShellServer(lab.Server);
        using var other = new ShellSession(lab.Client, RuleLab.ServerAddress);
        Assert.Equal(0, other.Run("true").ExitCode);
        lab.Portolan("block", "2222/tcp").Expect(0);
        Assert.Equal(0, other.Run("true").ExitCode);
        lab.Portolan("block", "2222/tcp", "--cut", "--yes", "--dry-run").Expect(0);
        Assert.Equal(0, other.Run("true").ExitCode);

        var again = lab.Portolan("block", "2222/tcp", "--cut", "--yes").Expect(0);

        Assert.Contains("the rule exists already", again.Output, StringComparison.Ordinal);
        Assert.Contains("cut 1 socket connections", again.Output + again.Error, StringComparison.Ordinal);
        Assert.Throws<IOException>(() => other.Run("true"));
    }

    [Fact]
    public void A_change_is_confirmed_by_its_number()
    {
        using var lab = new RuleLab();
        Assert.Contains(
            "'abc' is not the number of a change", lab.Portolan("firewall", "confirm", "abc").Expect(2).Error, StringComparison.Ordinal);
        Assert.Contains(
            "is not the number of a "
                + "change", lab.Portolan("firewall", "confirm", "99999999999999").Expect(2).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void What_an_earlier_rule_lets_in_and_what_stays_on_this_machine_is_left_alone()
    {
        using var lab = new RuleLab();
        using var shells = new ShellServer(lab.Server);
        using var friend = new ShellSession(lab.Client, RuleLab.ServerAddress);
        using var itself = new ShellSession(lab.Server, RuleLab.ServerAddress);
        Assert.Equal(0, friend.Run("true").ExitCode);
        Assert.Equal(0, itself.Run("true").ExitCode);
        lab.Portolan("allow", "2222/tcp", "--from", "198.18.0.1").Expect(0);
        var result = lab.Portolan("block", "2222/tcp", "--cut", "--yes", "--json").Expect(0);
        JsonSchema.AssertValid(result.Output);
        Assert.Contains("\"connections\": []", result.Output, StringComparison.Ordinal);

        // Another interface's connections are no business of a rule for one.
        lab.Portolan("block", "2222/tcp", "--iface", "other0", "--from", "198.18.0.1", "--cut", "--yes").Expect(0);
        Assert.Equal(0, friend.Run("true").ExitCode);
        Assert.Equal(0, itself.Run("true").ExitCode);
        var cut = lab.Portolan("block", "2222/tcp", "--iface", "eth0", "--from", "198.18.0.1", "--cut", "--yes", "--json").Expect(0);
        JsonSchema.AssertValid(cut.Output);
        Assert.Contains("\"how\": \"reset\"", cut.Output, StringComparison.Ordinal);
        Assert.Throws<IOException>(() => friend.Run("true"));
        Assert.Equal(0, itself.Run("true").ExitCode);
    }

    [Fact]
    public void A_connection_to_a_published_port_is_forgotten_and_its_next_packet_meets_the_rule()
    {
        using var lab = new RuleLab();
        using var behind = new LabHost();
        LabHost.Connect(lab.Server, "inner0", behind, "eth0");
        lab.Server.Address("inner0", "198.18.9.1/24");
        behind.Address("eth0", "198.18.9.2/24");
        behind.Ip("route add default via 198.18.9.1");
        lab.Server.Setting("net/ipv4/ip_forward", "1");
        lab.Server.Nft("table ip docker { chain prerouting { type nat hook prerouting priority dstnat; tcp dport 5432 fib daddr type local "
            + "dnat to 198.18.9.2:2222\n}\n}\n");
        using var shells = new ShellServer(behind);
        using var client = lab.Client.Run(() =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.ReceiveTimeout = (int)Bounded.Limit.TotalMilliseconds;
            socket.Connect(IPAddress.Parse(RuleLab.ServerAddress), 5432);
            return socket;
        });
        Assert.Equal("0", Answer(client));
        lab.Portolan("block", "5432/tcp").Expect(0);
        Assert.Equal("0", Answer(client));
        lab.Portolan("firewall", "undo").Expect(0);
        var result = lab.Portolan("block", "5432/tcp", "--cut", "--yes").Expect(0);
        Assert.Contains("cut 0 socket connections and 1 tracked connections", result.Error, StringComparison.Ordinal);
        Assert.Contains(" → 198.18.0.2:5432 (tracked)", result.Error, StringComparison.Ordinal);
        client.ReceiveTimeout = 1000;
        Assert.Throws<SocketException>(() => Answer(client));
    }

    /// <summary>The exit code of a line that says nothing.</summary>
    private static string Answer(Socket client)
    {
        client.Send("true;\n"u8);
        var buffer = new byte[64];
        var length = client.Receive(buffer);
        return System.Text.Encoding.ASCII.GetString(buffer, 0, length).Trim('\0', '\n');
    }
}
