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
        var lines = Step(await PrintAsync("port-zero"), 1);

        var table = lines.FindIndex(static l => l == "   sockets");
        Assert.True(table >= 0);
        Assert.All(lines.Take(table), static l => Assert.DoesNotContain("FIN-ACK", l, StringComparison.Ordinal));
        Assert.Contains(lines.Skip(table), static l => l.Contains("FIN-ACK", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_check_stands_above_what_happened_after_it()
    {
        var lines = Step(await PrintAsync("port-zero"), 1);

        var check = lines.FindLastIndex(static l => l.StartsWith("   ok: ", StringComparison.Ordinal));
        Assert.True(check >= 0);
        Assert.All(lines.Take(check), static l => Assert.DoesNotContain("FIN-ACK", l, StringComparison.Ordinal));
        Assert.Contains(lines.Skip(check), static l => l.Contains("FIN-ACK", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Times_have_the_unit_that_fits()
    {
        var printed = await PrintAsync("example-com");

        Assert.Contains("          10 ms |--- UDP", printed, StringComparison.Ordinal);
        Assert.Contains("       61.010 s |---- SYN", printed, StringComparison.Ordinal);
        Assert.DoesNotContain(".000 ms", printed, StringComparison.Ordinal);
        Assert.Contains("      10.050 ms |", await PrintAsync("firewall"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_and_addresses_that_are_asked_for_stand_beside_the_arrow()
    {
        var names = Step(await PrintAsync("example-com"), 1);
        Assert.Contains(names, static l => l.EndsWith("|  question: A example.com", StringComparison.Ordinal));
        Assert.Contains(names, static l => l.EndsWith("|  answer: A 203.0.113.80", StringComparison.Ordinal));

        var printed = await PrintAsync("well-known");
        string[] kinds = ["DISCOVER", "OFFER", "REQUEST", "ACK"];
        Assert.All(
            kinds, kind => Assert.Contains(Step(printed, 1), l => l.EndsWith($"|  {kind}, broadcast", StringComparison.Ordinal)));
        Assert.Contains(Step(printed, 3), static l => l.EndsWith("|  REQUEST", StringComparison.Ordinal));
    }

    [Trait("Quick", "no")]
    [Theory, MemberData(nameof(ScenarioTests.Names), MemberType = typeof(ScenarioTests))]
    public async Task Terms_are_defined_once_below_the_step_that_has_them_first(string name)
    {
        var lines = (await PrintAsync(name)).Split('\n').Select(static l => l.TrimEnd()).ToList();
        var defined = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = lines.FindIndex(IsHead); i >= 0; i = lines.FindIndex(i, IsHead))
        {
            var column = lines[i].IndexOf("meaning", StringComparison.Ordinal);
            for (i++; i < lines.Count && lines[i].Length > 0; i++)
            {
                if (lines[i][3] != ' ')
                {
                    Assert.True(defined.TryAdd(lines[i][3..column].Trim(), i), $"{lines[i]} is defined twice");
                }
            }
        }

        foreach (var term in (string[])["port", "PSH", "FIN", "RST", "TIME-WAIT", "ARP", "TTL"])
        {
            var first = lines.FindIndex(l => System.Text.RegularExpressions.Regex.IsMatch(l, $@"(?<![\w-]){term}(?![\w])"));
            var step = first < 0 ? -1 : lines.FindIndex(first + 1, static l => System.Text.RegularExpressions.Regex.IsMatch(l, @"^\d+\. "));
            Assert.True(
                first < 0 || (defined.TryGetValue(term, out var at) && (step < 0 || at < step || first < 3)),
                $"{name}: {term} is not defined");
        }

        static bool IsHead(string line) => line.StartsWith("   term ", StringComparison.Ordinal);
    }

    [Trait("Quick", "no")]
    [Theory, MemberData(nameof(ScenarioTests.Names), MemberType = typeof(ScenarioTests))]
    public async Task Errors_and_states_have_the_names_that_the_field_gives_them(string name)
    {
        var printed = await PrintAsync(name);

        Assert.All(
            [.. Enum.GetNames<System.Net.Sockets.SocketError>().Where(static n => n.Skip(1).Any(char.IsUpper)), "Exhausted", "TimeWait"],
            word => Assert.DoesNotMatch($@"\b{word}\b", printed));
    }

    [Fact]
    public async Task Each_spelling_of_a_state_stands_in_one_table()
    {
        var lines = Step(await PrintAsync("states"), 7);

        Assert.Contains("   FIN-WAIT-2          FIN-WAIT-2  FIN_WAIT2        FIN_WAIT_2", lines);
        Assert.Contains("   SYN-RECEIVED        SYN-RECV    SYN_RECV         SYN_RECEIVED", lines);
    }

    [Fact]
    public async Task Who_sent_a_RST_is_who_made_it()
    {
        var lines = Step(await PrintAsync("firewall"), 3);

        Assert.Contains(lines, static l => Matches(l, "^   110 .* gateway$"));
        Assert.Contains(lines, static l => Matches(l, "^   8080 .* server$"));

        static bool Matches(string line, string pattern) => System.Text.RegularExpressions.Regex.IsMatch(line, pattern);
    }

    [Fact]
    public async Task Two_sites_may_share_a_port_of_the_PC_and_two_windows_on_one_site_may_not()
    {
        var printed = await PrintAsync("two-browsers");

        Assert.Contains("ok: the list of sites at the PC's port 60200 is site1, site2", Step(printed, 3).Select(static l => l.Trim()));
        Assert.Contains("ok: the error from port 60200 is EADDRNOTAVAIL", Step(printed, 4).Select(static l => l.Trim()));
        Assert.Contains("ok: the number of connected sockets is 0", Step(printed, 6).Select(static l => l.Trim()));
    }

    [Fact]
    public async Task The_ports_of_mail_and_chat_that_are_in_use_are_asked()
    {
        var printed = await PrintAsync("well-known");

        Assert.All(
            (string[])["20", "67", "68", "194", "443", "587", "993", "6667"], port => Assert.Matches($@"\bport {port}\b", printed));
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
