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
        { "networks: { office: 198.18.0.0/31 }\nhosts: { a: 198.18.0.0, b: 198.18.0.1 }\n", "1:1", "the network 'office' has no address left for the command" },
        { Network + "hosts: { web: { address: 198.18.0.10, ports: [nosuchservice] } }\n", "2:47", "" },
        { Network + "vantage: { network: other }\n", "2:21", "no network is named 'other'" },
        { Network + "scenario: two-browser\n", "2:11", "no scenario is named 'two-browser'" },
        { Network + "scenario: two-browsers\n", "2:11", "the scenario two-browsers cannot be played in the lab lab, which lacks what it needs: no host " },
        { Network + "hosts: { pc: 198.18.0.10, site1: 198.18.0.11 }\nscenario: two-browsers\n", "3:11", "the scenario two-browsers cannot be played in the lab lab, which lacks what it needs: no host site2" },
        {
            Network + "hosts: { pc: 198.18.0.10, site1: 198.18.0.11, site2: { address: 198.18.0.12, ports: { 80: { exec: [cat] } } } }\nscenario: two-browsers\n",
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
    public void What_check_passes_run_runs()
    {
        foreach (var file in Directory.GetFiles(Repository.PathOf("samples", "lab"), "*.yaml"))
        {
            PortolanProgram.Run("lab", "check", file).Expect(0);
            PortolanProgram.Run("lab", "run", file, "--", "true").Expect(0);
        }
    }
}
