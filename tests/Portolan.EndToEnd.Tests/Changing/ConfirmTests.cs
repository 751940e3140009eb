using System.Globalization;
using Portolan.EndToEnd.Tests.Support;
using Portolan.Kernel.Tests.Support;

namespace Portolan.EndToEnd.Tests.Changing;

/// <summary>Pending changes, and who may confirm them.</summary>
public sealed class ConfirmTests
{
    private static string Program => PortolanProgram.Path;

    [Fact]
    public void Only_a_connection_made_after_the_change_confirms_it()
    {
        using var lab = new RuleLab();
        using var shells = new ShellServer(lab.Server);
        using var older = new ShellSession(lab.Client, RuleLab.ServerAddress);
        Assert.Equal(0, older.Run("true").ExitCode);

        // Start times are kept in hundredths of a second, and the start of the machine in whole seconds.
        Thread.Sleep(2100);
        using var applying = new ShellSession(lab.Client, RuleLab.ServerAddress);
        Expect(0, applying.Run($"{Program} block 8001/tcp"), "pending for 1m");

        Expect(3, applying.Run($"{Program} firewall confirm"), "ControlMaster=no");
        Expect(3, older.Run($"{Program} firewall confirm"), "older than change 1");
        using var fresh = new ShellSession(lab.Client, RuleLab.ServerAddress);
        Expect(0, fresh.Run($"{Program} firewall confirm"), "change 1: confirmed");
        Expect(1, fresh.Run($"{Program} firewall confirm"), "nothing is pending");
    }

    [Fact]
    public void A_lock_out_is_refused_with_the_rule_unless_it_is_forced_and_then_the_kernel_ends_it()
    {
        using var lab = new RuleLab();
        using var shells = new ShellServer(lab.Server);
        using var session = new ShellSession(lab.Client, RuleLab.ServerAddress);
        Expect(3, session.Run($"{Program} block 2222/tcp --from 198.18.0.0/24"), "#1 block 2222/tcp from 198.18.0.0/24");
        Assert.Empty(lab.Server.Tool("nft", null, "list", "ruleset"));
        Expect(3, session.Run($"{Program} block 2222 --dry-run"), "would be stopped by rule #1");
        Expect(0, session.Run($"{Program} block 2222/tcp --from 198.18.7.0/24"), "pending");
        Expect(0, session.Run($"{Program} block 2222/tcp --force --confirm-within 3s"), "warning: a new connection like yours");
        Assert.False(lab.LetsIn(2222, 0.5));
        lab.WaitUntilLetIn(2222);
    }

    [Fact]
    public void Where_nothing_is_known_of_the_connection_only_force_confirms()
    {
        using var lab = new RuleLab();
        lab.Portolan("block", "8001").Expect(0);
        var refused = lab.Portolan("firewall", "confirm").Expect(3);
        Assert.Contains("the connection of this command is unknown", refused.Error, StringComparison.Ordinal);
        Assert.Contains("hint: ", refused.Error, StringComparison.Ordinal);
        lab.Portolan("firewall", "confirm", "--force").Expect(0);
        lab.Portolan("firewall", "undo").Expect(0);
        lab.Portolan("firewall", "confirm", "--force").Expect(0);
        Assert.Empty(lab.Server.Tool("nft", null, "list", "ruleset"));
    }

    [Fact]
    public void Access_returns_wherever_the_program_is_killed()
    {
        using var lab = new RuleLab();
        lab.Server.ListenTcp(8001);
        Assert.True(Kill("sendto").Kills > 3, "the program sent nothing");
        Assert.True(Kill("write").Blocked > 0, "no line was written after the change");
        Assert.Equal((1, 1), Kill("exit_group"));
        lab.WaitUntilLetIn(8001);

        // Kills it at each of its calls in turn. They are counted for each thread, and some threads make few.
        (int Kills, int Blocked) Kill(string call)
        {
            var (kills, blocked) = (0, 0);
            while (lab.Server.Execute(
                Tool.Find("strace"), null, "-f", "-qq", "-o", "/dev/null", "-e", $"trace={call}", "-e",
                string.Create(CultureInfo.InvariantCulture, $"inject={call}:signal=KILL:when={kills + 1}"), Program, "block", "8001/tcp",
                "--confirm-within", "2s").ExitCode != 0)
            {
                Assert.True(++kills < 200, $"the program never gets past its calls of {call}");
                blocked += lab.Server.Tool("nft", null, "list", "ruleset").Contains("drop", StringComparison.Ordinal) ? 1 : 0;
                lab.WaitUntilLetIn(8001);
            }

            lab.WaitUntilLetIn(8001);
            return (kills, blocked);
        }
    }

    private static void Expect(int exitCode, (string Output, int ExitCode) result, string text)
    {
        Assert.True(result.ExitCode == exitCode, $"exit code {result.ExitCode}, not {exitCode}: {result.Output}");
        Assert.Contains(text, result.Output, StringComparison.Ordinal);
    }
}
