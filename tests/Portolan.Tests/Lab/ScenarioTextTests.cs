using Portolan.Lab.Running;
using Portolan.Lab.Scenarios;
using Portolan.Lab.Topology;

namespace Portolan.Tests.Lab;

/// <summary>What a scenario prints is what happened, in that order.</summary>
public sealed class ScenarioTextTests
{
    [Fact]
    public async Task A_table_stands_above_the_packets_that_came_after_it()
    {
        var lines = Step(await PrintAsync("two-browsers"), 4);

        var table = lines.FindIndex(static l => l.Contains("socket pairs", StringComparison.Ordinal));
        Assert.True(table >= 0);
        Assert.All(lines.Take(table), static l => Assert.DoesNotContain("FIN-ACK", l, StringComparison.Ordinal));
        Assert.Contains(lines.Skip(table), static l => l.Contains("FIN-ACK", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_table_stands_below_the_packets_that_came_before_it()
    {
        var lines = Step(await PrintAsync("example-com"), 1);

        var (last, table) = (lines.FindLastIndex(static l => l.Contains(" ms |", StringComparison.Ordinal)),
            lines.FindIndex(static l => l.Contains("ports of the datagrams", StringComparison.Ordinal)));
        Assert.True(last >= 0 && table > last, string.Join('\n', lines));
    }

    [Fact]
    public async Task What_a_router_translates_comes_from_the_router()
    {
        var lines = Step(await PrintAsync("port-forward"), 2);

        var columns = lines.First(
            static l =>
                l.Contains("gateway", StringComparison.Ordinal) && l.Contains("web", StringComparison.Ordinal)
                    && l.StartsWith("      ", StringComparison.Ordinal));
        var (gateway, web) = (columns.IndexOf("gateway", StringComparison.Ordinal), columns.IndexOf("web", StringComparison.Ordinal));
        var inner = lines.First(static l => l.Contains("> 80 ", StringComparison.Ordinal) && l.Contains(" SYN ", StringComparison.Ordinal));
        Assert.Equal(("|-", ">|"), (inner[gateway..(gateway + 2)], inner[(web - 1)..(web + 1)]));
        Assert.All(inner[(columns.IndexOf("friend", StringComparison.Ordinal) + 1)..gateway], static c => Assert.Equal(' ', c));
        Assert.Contains("translated, from friend", string.Concat(After(lines, inner)), StringComparison.Ordinal);
        var back = lines.First(static l => l.Contains("SYN-ACK 80 >", StringComparison.Ordinal));
        Assert.Equal(("|<", "-|"), (back[gateway..(gateway + 2)], back[(web - 1)..(web + 1)]));
        Assert.Contains("to friend", string.Concat(After(lines, back)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_RST_that_a_router_makes_comes_from_the_router()
    {
        var lines = Step(await PrintAsync("firewall"), 3);

        var made = Assert.Single(lines, static l => l.Contains("RST-ACK 110 >", StringComparison.Ordinal));
        Assert.Contains("made by gateway, in the name of server", string.Concat(After(lines, made)), StringComparison.Ordinal);
        var own = Assert.Single(lines, static l => l.Contains("RST-ACK 8080 >", StringComparison.Ordinal));
        Assert.DoesNotContain("made by", string.Concat(After(lines, own)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_same_acknowledgment_three_times_can_be_seen()
    {
        var ladder = Step(await PrintAsync("udp-or-tcp"), 4).Where(static l => l.Contains(" ms |", StringComparison.Ordinal)).ToList();
        var lost =
            Assert.Single(ladder, static l => l.Contains("|x-", StringComparison.Ordinal) || l.Contains("-x|", StringComparison.Ordinal));
        var sequence = System.Text.RegularExpressions.Regex.Match(lost, @"seq (\d+), ack 1, win \d+, len 1448").Groups[1].Value;
        Assert.NotEqual("", sequence);

        Assert.Equal(4, ladder.Count(l => l.Contains($"seq 1, ack {sequence}, win ", StringComparison.Ordinal)));
        Assert.Equal(2, ladder.Count(l => l.Contains($"seq {sequence}, ack 1, win ", StringComparison.Ordinal)));
    }

    [Trait("Quick", "no")]
    [Theory, MemberData(nameof(ScenarioTests.Names), MemberType = typeof(ScenarioTests))]
    public async Task A_ladder_is_no_wider_than_80_columns(string name)
    {
        var lines = (await PrintAsync(name)).Split('\n');

        Assert.All(
            lines.Where(static l => l.Contains(" ms ", StringComparison.Ordinal) && l.Contains("seq ", StringComparison.Ordinal)),
            static l => Assert.True(l.Length <= 80, l));
        Assert.All(
            lines.Where(
                static l => l.Contains(" ms |", StringComparison.Ordinal) || l.StartsWith("                |", StringComparison.Ordinal)),
                static l => Assert.True(l.Length <= 80, l));
    }

    [Fact]
    public async Task What_ends_early_has_failed_whatever_held_before()
    {
        var printed = await PrintAsync("port-forward", static t => t.WithRouter(static r => r with { Forwards = [] }));

        Assert.Contains("It ended early: ", printed, StringComparison.Ordinal);
        Assert.StartsWith("FAILED: it did not come to its end; until then ", printed.TrimEnd().Split('\n')[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_port_of_active_FTP_is_none_that_the_PC_gives_to_connections()
    {
        // With this seed 50020 was an ephemeral port that was in use.
        Assert.Contains("checks hold (seed 114).", await PrintAsync("well-known", seed: 114), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pair_that_exists_is_refused_for_no_option_of_the_socket()
    {
        var printed = await PrintAsync("many-clients");

        Assert.Contains(
            "a connection with this socket pair exists", System.Text.RegularExpressions.Regex.Replace(printed, "\n +", " "),
            StringComparison.Ordinal);
        Assert.DoesNotContain("SO_REUSEADDR", printed, StringComparison.Ordinal);
    }

    /// <summary>A line of a ladder, and what stands below it of the same packet.</summary>
    private static IEnumerable<string> After(List<string> lines, string line) =>
        lines.Skip(lines.IndexOf(line) + 1).TakeWhile(static l => l.Length > 0 && !l.Contains(" ms ", StringComparison.Ordinal)).Prepend(
            line);

    private static async Task<string> PrintAsync(string name, Func<LabTopology, LabTopology>? change = null, ulong? seed = null)
    {
        Assert.True(ScenarioCatalogue.TryFind(name, out var scenario));
        var topology = LabLibrary.Load(name);
        topology = change?.Invoke(topology) ?? topology;
        var text = new StringWriter();
        var isAsShipped = change is null && seed is null;
        var report = isAsShipped ? await PlayedScenario.Of(name) : await ScenarioPlayer.PlayAsync(scenario, topology, seed);
        ScenarioText.Write(report, new LabDirectory(topology), text);
        return text.ToString();
    }

    private static List<string> Step(string printed, int number)
    {
        var lines = printed.Split('\n').Select(static l => l.TrimEnd()).ToList();
        var start = lines.FindIndex(l => l.StartsWith($"{number}. ", StringComparison.Ordinal));
        var end = lines.FindIndex(start, l => l.StartsWith($"{number + 1}. ", StringComparison.Ordinal));
        return lines.GetRange(start, (end < 0 ? lines.Count : end) - start);
    }
}
