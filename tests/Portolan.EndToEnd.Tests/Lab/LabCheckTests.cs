using Portolan.EndToEnd.Tests.Support;
using Portolan.Tests.Support;

namespace Portolan.EndToEnd.Tests.Lab;

/// <summary><c>portolan lab check</c> finds whatever <c>lab run</c> refuses a file for, in the same words.</summary>
public sealed class LabCheckTests
{
    private const string Network = "networks: { office: 198.18.0.0/24 }\n";

    /// <summary>Files, and the place and the beginning of what is wrong with them.</summary>
    public static TheoryData<string, string, string> Bad => new()
    {
        { "", "1:1", "no topology is written here" },
        { "networks: [", "2:1", "not YAML" },
        { "name: x\n", "1:1", "" },
        { "networks: { office: 198.18.0.0/33 }\n", "1:21", "" },
        { "networks: { office: 127.0.0.0/8 }\n", "1:21", "127.0.0.0/8 has no addresses for hosts" },
        { "networks: { office: { prefix: 2001:db8::/64, mtu: 1000 } }\n", "1:51", "mtu is '1000'" },
        { "networks: { office: 198.18.0.0/31 }\nhosts: { a: 198.18.0.0, b: 198.18.0.1 }\n", "1:1",
            "the network 'office' has no address left for the command" },
        { Network + "hosts: { web: { address: 198.18.0.10, ports: [nosuchservice] } }\n", "2:47", "" },
        { Network + "vantage: { network: other }\n", "2:21", "no network is named 'other'" },
        { Network + "scenario: two-browser\n", "2:11", "no scenario is named 'two-browser'" },
        { Network + "scenario: two-browsers\n", "2:11",
            "the scenario two-browsers cannot be played in the lab lab, which lacks what it needs: no host " },
        { Network + "hosts: { pc: 198.18.0.10, site1: 198.18.0.11 }\nscenario: two-browsers\n", "3:11",
            "the scenario two-browsers cannot be played in the lab lab, which lacks what it needs: no host site2" },
        {
            Network + "hosts: { pc: 198.18.0.10, site1: 198.18.0.11, site2: { address: 198.18.0.12, ports: { 80: { exec: [cat] } } } }\n"
                + "scenario: two-browsers\n",
            "3:11",
            "host site2, port 80: { exec: [cat] } reaches outside the lab, and a scenario plays in virtual time"
        },
    };

    [Theory, MemberData(nameof(Bad))]
    public void What_run_refuses_check_finds_in_the_same_words(string text, string place, string message)
    {
        using var folder = new TemporaryFolder();
        var file = folder["lab.yaml"];
        File.WriteAllText(file, text);

        var run = PortolanProgram.Run("lab", "run", file).Expect(2);
        var check = PortolanProgram.Run("lab", "check", file).Expect(1);

        Assert.Equal("", check.Error);
        var first = check.Output.Split('\n')[0];
        Assert.StartsWith($"{file}:{place}: {message}", first, StringComparison.Ordinal);

        // What is wrong, without the remedy: run gives it a line of its own.
        var said = first[$"{file}:{place}: ".Length..].Split("; ")[0];
        Assert.Contains(said, run.Error, StringComparison.Ordinal);
        Assert.Equal("", run.Output);
    }

    [Fact]
    public void A_scenario_that_does_not_come_to_its_end_is_no_lab_without_mistakes()
    {
        using var folder = new TemporaryFolder();
        var file = folder["lab.yaml"];
        var lines = PortolanProgram.Run("lab", "show", "well-known", "--yaml").Expect(0).Output.Split('\n')
            .Where(static line => !line.Contains("ports:", StringComparison.Ordinal)
                && !line.StartsWith("      ", StringComparison.Ordinal)).ToList();
        File.WriteAllLines(file, lines);

        var check = PortolanProgram.Run("lab", "check", file).Expect(1);
        var run = PortolanProgram.Run("lab", "run", file).Expect(1);

        var line = lines.FindIndex(static l => l.StartsWith("scenario:", StringComparison.Ordinal)) + 1;
        Assert.StartsWith(
            $"{file}:{line}:11: the scenario well-known does not come to its end in the lab well-known: connecting to 203.0.113.10:80: ",
            check.Output, StringComparison.Ordinal);
        Assert.Contains("port 67/udp (dhcp) of box, port 7/tcp (echo) of server", check.Output, StringComparison.Ordinal);
        Assert.Contains("FAILED: it did not come to its end", run.Output, StringComparison.Ordinal);
        Assert.Contains("port 67/udp (dhcp) of box, port 7/tcp (echo) of server", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("check")]
    [InlineData("show")]
    [InlineData("run")]
    [InlineData("truth")]
    public void A_folder_is_no_lab_and_is_refused_as_other_commands_refuse_it(string command)
    {
        using var folder = new TemporaryFolder();
        var error = PortolanProgram.Run("lab", command, folder.Path).Expect(2).Error;
        Assert.Equal(
            $"portolan: {folder.Path} is a folder, not a file\nhint: name a file in it: portolan lab check {folder["lab.yaml"]}\n", error);
        PortolanProgram.Run("scan", "-iL", folder.Path).Expect(2);
    }

    [Fact]
    public void What_check_passes_run_runs()
    {
        foreach (var file in Directory.GetFiles(Repository.PathOf("samples", "lab"), "*.yaml"))
        {
            PortolanProgram.Run("lab", "check", file).Expect(0);
            PortolanProgram.Run("lab", "run", file, "--", "true").Expect(0);
        }
    }
}
