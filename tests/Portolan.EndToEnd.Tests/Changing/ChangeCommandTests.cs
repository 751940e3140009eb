using System.Net.Sockets;
using Portolan.EndToEnd.Tests.Support;
using Portolan.Kernel.Tests.Support;
using Portolan.Tests.Support;

namespace Portolan.EndToEnd.Tests.Changing;

/// <summary>allow, block, reject and close-unused as people run them.</summary>
public sealed class ChangeCommandTests
{
    [Theory]
    [InlineData("block 8001", "--json")]
    [InlineData("allow 22,80-90/tcp 53 --from 192.0.2.0/24,2001:db8::1 --for 10m --rate 3/second", "--json")]
    [InlineData("reject https --dry-run", "--json")]
    [InlineData("firewall close-unused --yes", "--json")]
    [InlineData("firewall undo --list", "--json")]
    public void The_document_follows_its_schema(string line, string json)
    {
        using var lab = new RuleLab();
        JsonSchema.AssertValid(lab.Portolan([.. line.Split(' '), json]).Expect(0).Output);
        if (!line.Contains('-', StringComparison.Ordinal))
        {
            JsonSchema.AssertValid(lab.Portolan("firewall", "undo", json).Expect(0).Output);
        }
    }

    [Fact]
    public void A_repeated_change_says_that_it_is_there()
    {
        using var lab = new RuleLab();
        lab.Portolan("block", "8001").Expect(0);
        var again = lab.Portolan("block", "8001").Expect(0);
        Assert.Contains("rule #1 already does that, pending confirmation with change 1", again.Error, StringComparison.Ordinal);
        var other = lab.Portolan("allow", "8001").Expect(0);
        Assert.Contains("replaces rule #1", other.Error, StringComparison.Ordinal);
        Assert.Contains("- #1 block 8001", other.Output, StringComparison.Ordinal);
        Assert.Contains("+ #2 allow 8001", other.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Cut_ends_the_connections_that_a_block_would_leave()
    {
        using var lab = new RuleLab();
        using var shells = new ShellServer(lab.Server);
        using var session = new ShellSession(lab.Client, RuleLab.ServerAddress);
        Assert.Equal(0, session.Run("true").ExitCode);
        lab.Portolan("block", "2222/tcp", "--cut").Expect(2);
        Assert.Equal(0, session.Run("true").ExitCode);
        var result = lab.Portolan("block", "2222/tcp", "--cut", "--yes").Expect(0);
        Assert.Contains("cut 1 socket connections", result.Error, StringComparison.Ordinal);
        var reset = Assert.Throws<IOException>(() => session.Run("true"));
        Assert.IsType<SocketException>(reset.InnerException);
    }

    [Fact]
    public void What_another_table_drops_is_named_with_the_command_that_lets_it_in()
    {
        using var lab = new RuleLab();
        lab.Server.ListenTcp(8001);
        lab.Server.Nft("table inet theirs {\nchain input {\ntype filter hook input priority 0; policy accept\ntcp dport 8001 drop\n}\n}\n");
        var result = lab.Portolan("allow", "8001/tcp").Expect(3);
        Assert.Contains("table inet theirs chain input", result.Error, StringComparison.Ordinal);
        const string Before = ", so run: ";
        var line = Assert.Single(result.Error.Split('\n'), static l => l.Contains(Before, StringComparison.Ordinal));
        var command = line[(line.IndexOf(Before, StringComparison.Ordinal) + Before.Length)..];
        Assert.Equal("nft insert rule inet theirs input handle 2 tcp dport 8001 accept", command);
        Assert.False(lab.LetsIn(8001, 0.5));
        foreach (var words in (string[][])[["allow", "8001/tcp"], ["allow", "8001/tcp", "8002/tcp"], ["allow", "8001/tcp", "--dry-run"]])
        {
            var again = lab.Portolan(words).Expect(3);
            Assert.Contains("rule #1 already does that", again.Error, StringComparison.Ordinal);
            Assert.Contains(line, again.Error, StringComparison.Ordinal);
            Assert.DoesNotContain("nothing to do", again.Output, StringComparison.Ordinal);
        }

        lab.Server.Tool("bash", command, "-e");
        Assert.True(lab.LetsIn(8001, 10));
        var open = lab.Portolan("allow", "8001/tcp").Expect(0);
        Assert.Contains("the rule exists already", open.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("cannot let", open.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Close_unused_keeps_what_listens_and_what_is_published()
    {
        using var lab = new RuleLab();
        lab.Server.ListenTcp(8001, 15432);
        lab.Server.Nft(
            "table ip docker {\nchain prerouting {\ntype nat hook prerouting priority dstnat\ntcp dport 5432 redirect to :15432\n}\n}\n");
        var shown = lab.Portolan("firewall", "close-unused", "--dry-run").Expect(0);
        Assert.Contains("allow 5432/tcp    published by translation", shown.Output, StringComparison.Ordinal);
        lab.Portolan("firewall", "close-unused", "--yes").Expect(0);
        Assert.True(lab.LetsIn(8001, 10));
        Assert.True(lab.LetsIn(5432, 10));
        lab.Server.ListenTcp(8002);
        Assert.False(lab.LetsIn(8002, 0.5));
        lab.Portolan("allow", "8002/tcp").Expect(0);
        Assert.True(lab.LetsIn(8002, 10));
        lab.Portolan("firewall", "undo", "--steps", "2").Expect(0);
        Assert.DoesNotContain("portolan", lab.Server.Tool("nft", null, "list", "ruleset"), StringComparison.Ordinal);
    }

    [Fact]
    public void Two_steps_take_back_a_pending_change_and_the_confirmed_one_before_it()
    {
        using var lab = new RuleLab();
        lab.Server.ListenTcp(8001, 8002);
        lab.Portolan("block", "8001/tcp").Expect(0);
        lab.Portolan("firewall", "confirm", "--force").Expect(0);
        lab.Portolan("block", "8002/tcp").Expect(0);
        Assert.False(lab.LetsIn(8001, 0.5));
        Assert.False(lab.LetsIn(8002, 0.5));

        var undone = lab.Portolan("firewall", "undo", "--steps", "2").Expect(0);

        Assert.Contains("change 3: pending", undone.Output, StringComparison.Ordinal);
        Assert.Contains("change 2: undone", undone.Output, StringComparison.Ordinal);
        Assert.True(lab.LetsIn(8001, 10));
        Assert.True(lab.LetsIn(8002, 10));
        var all = lab.Portolan("firewall", "undo", "--steps", "9").Expect(0);
        Assert.Contains("changes undone: no more exist", all.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("block 8001")]
    [InlineData("firewall confirm")]
    [InlineData("firewall undo")]
    [InlineData("firewall close-unused --yes")]
    public void As_root_without_the_capability_nothing_is_done_either(string line)
    {
        using var lab = new RuleLab();
        lab.Server.Nft("table inet theirs {\n}\n");
        var (output, error, exit) = lab.Server.Execute(
            Tool.Find("setpriv"), null,
            ["--bounding-set", "-net_admin", "--inh-caps", "-net_admin", PortolanProgram.Path, .. line.Split(' ')]);
        Assert.True(exit == 4, $"{exit}: {output}{error}");
        Assert.Contains("CAP_NET_ADMIN", error, StringComparison.Ordinal);
        Assert.Equal(
            ["table inet theirs {", "}"],
            lab.Server.Tool("nft", null, "list", "ruleset").Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Theory]
    [InlineData("allow 22,80-90/tcp 53 --from 192.0.2.0/24,2001:db8::1 --to 198.18.0.2 --iface eth0 --rate 3/second")]
    [InlineData("reject 1-65535")]
    [InlineData("block 9000/sctp 9001/dccp 9002/udplite --from 2001:db8::/32")]
    [InlineData("block https 53/udp domain/tcp --from 192.0.2.1-192.0.2.200,2001:db8::1-2001:db8::ffff")]
    public void A_dry_run_shows_what_nft_would_load_and_what_is_loaded_then(string line)
    {
        using var lab = new RuleLab();
        var shown = lab.Portolan([.. line.Split(' '), "--dry-run"]).Expect(0);
        Assert.Empty(lab.Server.Tool("nft", null, "list", "ruleset"));
        var text = shown.Output[shown.Output.IndexOf("\ntable inet portolan\n", StringComparison.Ordinal)..];
        lab.Server.Nft(text);
        var fromText = Listed();
        lab.Server.Tool("nft", null, "flush", "ruleset");
        lab.Portolan(line.Split(' ')).Expect(0);
        Assert.Equal(fromText, Listed());

        // Elements lie in the order of a secret of the kernel's; times run, and who made it when is in the notes.
        string[] Listed() =>
            [.. lab.Server.Tool("nft", null, "list", "chain", "inet", "portolan", "prerouting").Split('\n').Order(StringComparer.Ordinal)];
    }

    [Fact]
    public void What_another_program_takes_out_of_the_table_is_said()
    {
        using var lab = new RuleLab();
        lab.Portolan("block", "8001", "8002/tcp").Expect(0);
        lab.Portolan("firewall", "confirm", "--force").Expect(0);
        lab.Server.Tool("nft", null, "flush", "chain", "inet", "portolan", "prerouting");
        var again = lab.Portolan("block", "8001", "--json").Expect(0);
        JsonSchema.AssertValid(again.Output);
        Assert.Contains("\"lost\": [", again.Output, StringComparison.Ordinal);
        Assert.Contains("\"applied\": true", again.Output, StringComparison.Ordinal);
        lab.Server.ListenTcp(8001, 8002);
        Assert.False(lab.LetsIn(8001, 0.5));
        Assert.True(lab.LetsIn(8002, 10));
        lab.Server.Tool("nft", null, "flush", "table", "inet", "portolan");
        Assert.Contains("(block 8001) is gone", lab.Portolan("block", "9/tcp").Expect(0).Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("block 8001 --to 192.0.2.9", "this machine has no such address")]
    [InlineData("allow 8001 --iface none0", "which does not exist now")]
    [InlineData("block 8001 --iface none0", "which does not exist now")]
    public void A_rule_that_no_packet_meets_is_made_with_a_warning(string line, string text)
    {
        using var lab = new RuleLab();
        Assert.Contains(text, lab.Portolan(line.Split(' ')).Expect(0).Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("block 8001")]
    [InlineData("firewall confirm")]
    [InlineData("firewall undo")]
    [InlineData("firewall close-unused --yes")]
    public void Without_the_privilege_nothing_is_done_and_the_remedy_is_named(string line)
    {
        var result = PortolanProgram.RunAsNobody(line.Split(' ')).Expect(4);
        Assert.Contains("CAP_NET_ADMIN", result.Error, StringComparison.Ordinal);
        Assert.Contains("hint: run it as root", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("block 70000", "16-bit")]
    [InlineData("block 80,99999/tcp", "not a port list")]
    [InlineData("block 80-/icmp", "not a protocol with ports")]
    [InlineData("block 80 --from 10.0.0.0/33", "not an address, prefix or range")]
    [InlineData("block 80 --from fe80::1%eth0", "use --iface")]
    [InlineData("block 80 --from 10.0.0.1 --to 2001:db8::1", "different address families")]
    [InlineData("block 80 --iface lo", "never blocks loopback traffic")]
    [InlineData("block 80 --iface a;b", "not an interface name")]
    [InlineData("block 80 --iface ", "not an interface name")]
    [InlineData("block 0/tcp", "port 0")]
    [InlineData("block 0-10/tcp", "port 0")]
    [InlineData("block 90-80/tcp", "not a port list")]
    [InlineData("block 80,,81/tcp", "not a port list")]
    [InlineData("block 80/icmp", "icmp")]
    [InlineData("block nosuchservice", "nosuchservice")]
    [InlineData("block 80 --from ,", "the list has an empty entry")]
    [InlineData("block 80 --from 10.0.0.9-10.0.0.1", "not an address, prefix or range")]
    [InlineData("block 80 --from 10.0.0.1-2001:db8::1", "not an address, prefix or range")]
    [InlineData("block 80 --from example.org", "not an address, prefix or range")]
    [InlineData("block 80 --for 10x", "--for takes a time")]
    [InlineData("block 80 --for 0", "--for takes a time")]
    [InlineData("block 80 --for 99999d", "--for takes a time from 1s to 3650d")]
    [InlineData("block 80 --for 99999999999d", "--for takes a time from 1s to 3650d")]
    [InlineData("block -- -1", "'-1' is not a port list")]
    [InlineData("block 80,-90/tcp", "'80,-90/tcp' is not a port list")]
    [InlineData("block 80 --rate 1/second", "--rate")]
    [InlineData("allow 80 --rate 0/second", "--rate must be a number")]
    [InlineData("allow 80 --rate 5/fortnight", "--rate must be a number")]
    [InlineData("allow 80 --cut", "--cut")]
    [InlineData("block", "port")]
    [InlineData("allow 80 --confirm-within 2d", "--confirm-within takes a time")]
    [InlineData("firewall confirm one", "one")]
    [InlineData("firewall undo --steps 31", "--steps must be a number")]
    [InlineData("block 80 --for never", "--for takes a time")]
    [InlineData("allow 80 --rate 10", "--rate must be a number")]
    [InlineData("allow 80 --confirm-within 0s", "--confirm-within takes a time")]
    [InlineData("firewall undo --steps 0", "--steps must be a number")]
    public void A_wrong_word_is_named_with_what_is_right(string line, string text)
    {
        var result = PortolanProgram.Run(line.Split(' ')).Expect(2);
        Assert.Contains(text, result.Error, StringComparison.Ordinal);
        Assert.Contains("hint: ", result.Error, StringComparison.Ordinal);
    }
}
