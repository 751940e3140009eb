using System.Text;
using System.Text.Json;
using Portolan.EndToEnd.Tests.Support;
using Portolan.Tests.Support;

namespace Portolan.EndToEnd.Tests.Lab;

/// <summary><c>portolan lab run</c> without a command plays the scenario of the lab.</summary>
public sealed class LabPlayTests
{
    /// <summary>Who plays: root, an ordinary user, or somebody who may make no namespace.</summary>
    public static TheoryData<string> Players => ["root", "ordinary", "confined"];

    [Theory]
    [MemberData(nameof(Players))]
    public void Every_scenario_that_is_listed_is_so(string player)
    {
        using var list = JsonDocument.Parse(PortolanProgram.Run("lab", "list", "--json").Expect(0).Output);
        var text = PortolanProgram.Run("lab", "list").Expect(0).Output.Split('\n');
        var names = list.RootElement.GetProperty("labs").EnumerateArray()
            .Where(static l => l.GetProperty("scenario").ValueKind == JsonValueKind.String)
            .Select(static l => l.GetProperty("name").GetString()!).ToList();
        Assert.Equal(15, names.Count);
        foreach (var name in names)
        {
            Assert.Contains(
                text,
                line => line.StartsWith(name + " ", StringComparison.Ordinal) && line.Contains("  scenario  ", StringComparison.Ordinal));
            var result = Play(player, name).Expect(0);
            Assert.Contains("   ok: ", result.Output, StringComparison.Ordinal);
            Assert.DoesNotContain("NOT SO", result.Output, StringComparison.Ordinal);
            Assert.Equal("", result.Error);
        }
    }

    [Fact]
    public void A_lab_in_which_a_port_is_closed_that_should_be_open_ends_with_1_and_says_what_is_not_so()
    {
        using var folder = new TemporaryFolder();
        var sample = File.ReadAllText(Repository.PathOf("samples", "lab", "two-browsers.yaml"));
        const string Open = "site2: { address: 203.0.113.30, ports: [80] }";
        Assert.Contains(Open, sample, StringComparison.Ordinal);
        File.WriteAllText(
            folder["broken.yaml"],
            sample.Replace(Open, "site2: { address: 203.0.113.30, ports: { 80: closed } }", StringComparison.Ordinal));
        var result = PortolanProgram.Run("lab", "run", folder["broken.yaml"]).Expect(1);
        Assert.Matches("NOT SO: |It ended early: ", result.Output);

        using var json = JsonDocument.Parse(PortolanProgram.Run("lab", "run", folder["broken.yaml"], "--json").Expect(1).Output);
        Assert.False(json.RootElement.GetProperty("succeeded").GetBoolean());
    }

    [Fact]
    public void The_same_seed_shows_the_same_and_another_one_another()
    {
        string Play(string seed) => PortolanProgram.Run("lab", "run", "port-zero", "--seed", seed).Expect(0).Output;
        Assert.EndsWith("(seed 9).\n", Play("9"), StringComparison.Ordinal);
        Assert.Equal(Play("9"), Play("9"));
        Assert.NotEqual(
            Play("9").Replace("(seed 9)", "", StringComparison.Ordinal), Play("10").Replace("(seed 10)", "", StringComparison.Ordinal));
    }

    [Fact]
    public void Its_packets_are_captured()
    {
        using var folder = new TemporaryFolder();
        PortolanProgram.Run("lab", "run", "two-browsers", "--pcap", folder["play.pcapng"]).Expect(0);
        var bytes = File.ReadAllBytes(folder["play.pcapng"]);
        Assert.Equal(0x0a0d0d0au, BitConverter.ToUInt32(bytes));
        Assert.Contains("GET / HTTP/1.1", Encoding.Latin1.GetString(bytes), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("two-browsers")]
    [InlineData("states")]
    [InlineData("port-forward")]
    public void The_document_of_it_follows_its_schema(string name)
    {
        var result = PortolanProgram.Run("lab", "run", name, "--json").Expect(0);
        JsonSchema.AssertValid(result.Output);
        using var json = JsonDocument.Parse(result.Output);
        Assert.True(json.RootElement.GetProperty("succeeded").GetBoolean());
        Assert.Contains(json.RootElement.GetProperty("steps").EnumerateArray(), static s => s.GetProperty("packets").GetArrayLength() > 0);
    }

    [Fact]
    public void Who_may_make_no_namespace_is_told_so_when_he_runs_a_command_and_what_allows_it()
    {
        var result = Play("confined", "two-browsers", "--", "/bin/true").Expect(4);
        Assert.StartsWith("portolan: a lab cannot be created here: cannot make namespaces: ", result.Error, StringComparison.Ordinal);
        Assert.Contains(
            "\nhint: allow them, to every user and program: sudo sysctl user.max_user_namespaces=1000\n", result.Error,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_scenario_with_a_port_that_reaches_outside_is_refused_asked_or_not()
    {
        using var folder = new TemporaryFolder();
        var sample = File.ReadAllText(Repository.PathOf("samples", "lab", "two-browsers.yaml"));
        const string Open = "site2: { address: 203.0.113.30, ports: [80] }";
        File.WriteAllText(
            folder["exec.yaml"],
            sample.Replace(Open, "site2: { address: 203.0.113.30, ports: { 80: { exec: [cat] } } }", StringComparison.Ordinal));
        foreach (var words in (string[][])[["lab", "run", folder["exec.yaml"]], ["lab", "run", "--allow-exec", folder["exec.yaml"]]])
        {
            var result = PortolanProgram.Run(words).Expect(2);
            Assert.StartsWith("portolan: host site2, port 80: ", result.Error, StringComparison.Ordinal);
            Assert.Contains("a scenario plays in virtual time", result.Error, StringComparison.Ordinal);
            Assert.Contains($"hint: leave that port out of the scenario, or run a command in the lab: portolan lab run --allow-exec "
                + $"{folder["exec.yaml"]} -- COMMAND", result.Error, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("--json is for scenarios; here the output is the command's", "lab", "run", "two-browsers", "--json", "--", "true")]
    [InlineData("--json is for scenarios; the lab office has none", "lab", "run", "office", "--json")]
    public void A_document_is_of_scenarios_only(string message, params string[] args)
    {
        var result = PortolanProgram.Run(args).Expect(2);
        Assert.StartsWith($"portolan: {message}\nhint: ", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_scenario_that_does_not_exist_is_refused_with_those_that_do()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(
            folder["lab.yaml"],
            "name: mine\nnetworks:\n  home: 198.18.0.0/24\nhosts:\n  pc: { address: 198.18.0.10 }\nscenario: three-browsers\n");
        var result = PortolanProgram.Run("lab", "run", folder["lab.yaml"]).Expect(2);
        Assert.Contains(
            "lab.yaml:6:11: no scenario is named 'three-browsers'; did you mean two-browsers?", result.Error, StringComparison.Ordinal);
        Assert.Contains(
            ":6:11: no scenario is named", PortolanProgram.Run("lab", "check", folder["lab.yaml"]).Expect(1).Output,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("states", "no host client, no host server")]
    [InlineData("scan-me", "no host open, no host closed")]
    [InlineData("priorities", "no host server")]
    public void A_scenario_in_a_lab_without_its_hosts_names_them_and_the_lab_to_copy(string scenario, string missing)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(
            folder["lab.yaml"],
            $"name: mine\nnetworks:\n  home: 198.18.0.0/24\nhosts:\n  pc: {{ address: 198.18.0.10 }}\nscenario: {scenario}\n");
        var result = PortolanProgram.Run("lab", "run", folder["lab.yaml"]).Expect(2);
        Assert.Equal("", result.Output);
        Assert.StartsWith(
            $"portolan: the scenario {scenario} cannot be played in the lab mine, which lacks what it needs: {missing}", result.Error,
            StringComparison.Ordinal);
        Assert.Contains(
            $"\nhint: portolan lab show {scenario} --yaml prints the lab that it is made for", result.Error, StringComparison.Ordinal);
    }

    private static RunResult Play(string player, params string[] words)
    {
        string[] args = ["lab", "run", .. words];
        const string Forbid =
            "for kind in user net mnt pid; do echo 0 >/proc/sys/user/max_${kind}_namespaces || exit 98; done; exec \"$@\"";
        return player switch
        {
            "root" => PortolanProgram.Run(args),
            "ordinary" => PortolanProgram.RunAsNobody(args),
            _ => Programs.Run(
                Programs.Find("unshare", "/usr/bin/unshare"),
                ["-U", "--map-root-user", "/bin/sh", "-c", Forbid, "sh", PortolanProgram.Path, .. args]),
        };
    }
}
