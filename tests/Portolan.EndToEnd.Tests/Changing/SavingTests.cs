namespace Portolan.EndToEnd.Tests.Changing;

/// <summary>What is there after the next start. Every /etc here is a copy that goes with the test.</summary>
public sealed class SavingTests
{
    private const string Quiet = ">/run/out 2>&1";

    /// <summary>The table as nft lists it, sorted: the kernel keeps elements in an order of its own.</summary>
    private const string Lister =
        """
        cat >/run/listed <<'END'
        nft -s list table inet portolan | tr -d ' \t' | tr ',' '\n' | sed 's/^elements={//; s/}$//' | sort
        END
        """;

    private const string Listed = "sh /run/listed";

    [Fact]
    public void What_is_confirmed_is_there_again_after_a_start_and_nothing_else_is_touched()
    {
        using var lab = new RuleLab();
        var result = PrivateMachine.Run(
            lab.Server,
            $$"""
            {{Lister}}
            mkdir -p /run/systemd/system; export P
            nft add table inet theirs
            $P block 8001/tcp --from 198.18.0.0/24,2001:db8::/33 {{Quiet}}
            $P reject 8000-8100,9000 --to 198.18.0.2 --iface eth0 {{Quiet}}
            $P allow 22/tcp --rate 10/minute {{Quiet}}
            $P allow 23/tcp --for 1h {{Quiet}}
            $P firewall close-unused --yes {{Quiet}}
            $P firewall confirm --force 2>&1 | grep -F 'saved for the next boot' || exit 90
            $P block 7/tcp {{Quiet}}
            test "$(stat -c %a /etc/portolan/firewall.nft)" = 600 || exit 91
            grep -F 'ExecStart=/usr/sbin/nft -f /etc/portolan/firewall.nft' /etc/systemd/system/portolan-firewall.service || exit 92
            test "$(readlink -f /etc/systemd/system/sysinit.target.wants/portolan-firewall.service)" = /etc/systemd/system/portolan-firewall.service || exit 93
            $P firewall undo {{Quiet}}

            # The next start: no rules, other interfaces perhaps, and the unit's command twice.
            unshare --net sh -c 'nft -f /etc/portolan/firewall.nft && nft add table ip other && nft -f /etc/portolan/firewall.nft && nft list table ip other && {{Listed}} && $P firewall undo --list --json' >/run/after 2>/run/err || { cat /run/err; exit 94; }
            cat /run/after
            """).Expect(0);
        Assert.Contains("allow22/tcprate10/minute/sender", result.Output, StringComparison.Ordinal);
        Assert.Contains("#2reject8000-8100", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("#4allow", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("block 7/tcp", result.Output, StringComparison.Ordinal);
        Assert.Contains(
            "\"words\":\"reject 8000-8100,9000 --to 198.18.0.2 --iface eth0\"",
            result.Output.Replace("\": ", "\":", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public void The_file_and_the_kernel_say_the_same()
    {
        using var lab = new RuleLab();
        lab.Server.ListenTcp(8001, 8002);
        var result = PrivateMachine.Run(
            lab.Server,
            $$"""
            {{Lister}}
            $P block 8001/tcp --from 198.18.0.0/24,192.0.2.1-192.0.2.9 {{Quiet}}
            $P reject 8002,8003/tcp {{Quiet}}
            $P firewall confirm --force {{Quiet}} || exit 90
            {{Listed}} >/run/live
            nft -f /etc/portolan/firewall.nft || exit 91
            {{Listed}} >/run/loaded
            diff /run/live /run/loaded
            """).Expect(0);
        Assert.Empty(result.Output);
        Assert.False(lab.LetsIn(8001, 0.5));
    }

    [Theory]
    [InlineData(
        "mkdir /etc/portolan; echo theirs >/etc/portolan/firewall.nft", "rm /etc/portolan/firewall.nft",
        "exists and is not Portolan's, so it is left alone")]
    [InlineData("mkdir -p /etc/portolan/firewall.nft/x", "rm -r /etc/portolan/firewall.nft", "exists and is not Portolan's")]
    [InlineData(
        "mkdir -p /run/systemd/system /etc/systemd/system; echo theirs >/etc/systemd/system/portolan-firewall.service",
        "rm /etc/systemd/system/portolan-firewall.service", "exists and is not Portolan's")]
    [InlineData("mount -o remount,bind,ro /etc", "mount -o remount,bind,rw /etc", "Read-only file system")]
    public void What_cannot_be_saved_is_said_and_saved_later(string before, string after, string why)
    {
        using var lab = new RuleLab();
        var result = PrivateMachine.Run(
            lab.Server,
            $$"""
            {{before}} || exit 90
            $P block 8001/tcp {{Quiet}}
            $P firewall confirm --force; test $? = 3 || exit 91
            nft list table inet portolan | grep -q 'dport 8001' || exit 92
            test -e /etc/portolan/firewall.nft.new && exit 93
            grep -rs theirs /etc/portolan /etc/systemd/system >&2
            {{after}} || exit 94
            $P firewall confirm {{Quiet}} || exit 95
            grep -q 'dport 8001' /etc/portolan/firewall.nft || exit 96
            $P firewall confirm {{Quiet}}; test $? = 1 || exit 97
            """).Expect(0);
        Assert.Contains(why, result.Error, StringComparison.Ordinal);
        Assert.Contains("will not survive a reboot", result.Error, StringComparison.Ordinal);
        Assert.Equal(before.Contains("theirs", StringComparison.Ordinal), result.Error.Contains(":theirs", StringComparison.Ordinal));
    }

    [Fact]
    public void Undone_and_confirmed_the_files_go_and_a_foreign_flush_does_not_take_them()
    {
        using var lab = new RuleLab();
        var result = PrivateMachine.Run(
            lab.Server,
            $$"""
            mkdir -p /run/systemd/system
            $P block 8001/tcp {{Quiet}}
            $P firewall confirm --force {{Quiet}} || exit 90
            nft flush ruleset
            $P firewall confirm {{Quiet}}; test $? = 1 || exit 91
            $P firewall undo {{Quiet}}; test $? = 1 || exit 92
            $P block 8002/tcp || exit 93
            $P firewall undo {{Quiet}} || exit 94
            nft -f /etc/portolan/firewall.nft || exit 95
            $P firewall undo {{Quiet}} || exit 96
            test -e /etc/portolan/firewall.nft || exit 97
            $P firewall confirm --force {{Quiet}} || exit 98
            ls -R /etc/portolan /etc/systemd/system
            nft list ruleset
            """).Expect(0);
        Assert.Contains("nft -f /etc/portolan/firewall.nft loads them", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("firewall.nft\n", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("portolan-firewall", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("table", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_namespace_of_its_own_saves_nothing()
    {
        using var lab = new RuleLab();
        var isSaved = File.Exists("/etc/portolan/firewall.nft");
        lab.Portolan("block", "8001").Expect(0);
        var result = lab.Portolan("firewall", "confirm", "--force").Expect(0);
        Assert.Contains("this is not the machine's initial network namespace", result.Error, StringComparison.Ordinal);
        Assert.Equal(isSaved, File.Exists("/etc/portolan/firewall.nft"));
    }
}
