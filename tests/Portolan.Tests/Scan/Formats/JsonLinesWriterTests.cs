using System.Text.Json;
using Portolan.Model;
using Portolan.Scan.Results;
using Portolan.Tests.Support;

namespace Portolan.Tests.Scan.Formats;

/// <summary>portolan.scan/1.</summary>
public sealed class JsonLinesWriterTests
{
    [Fact]
    public void One_of_each_looks_as_reviewed() => Golden.AssertSame("scan.jsonl", ScanStories.Json(ScanStories.Hosts()));

    [Fact]
    public void Every_kind_of_line_obeys_the_schema()
    {
        var events = Lines(ScanStories.Json(ScanStories.Hosts(), ScanStories.Options with { AllStates = true }))
            .Concat(Lines(ScanStories.Json([new HostStory("::1", "\u202e\u0000\"")], end: ScanStories.End with
            {
                ProbeLoss = null,
                EstimatedMissRate = double.NaN,
                IsComplete = false,
                Incomplete = "--max-time",
            })))
            .Select(Kind).ToHashSet(StringComparer.Ordinal);
        Assert.Equal(["end", "host", "port", "progress", "start"], events.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Only_the_first_line_names_the_schema()
    {
        var lines = Lines(ScanStories.Json(ScanStories.Hosts()));
        Assert.Equal("portolan.scan/1", lines[0].GetProperty("schema").GetString());
        Assert.All(lines.Skip(1), line => Assert.False(line.TryGetProperty("schema", out _)));
    }

    [Fact]
    public void By_default_ports_are_shown_that_are_or_may_be_open() => Assert.Equal(
        ["1 open", "2 open", "3 open", "4 open", "5 unfiltered", "6 closed|filtered"],
        Ports(ScanStories.Json([ScanStories.Hosts()[4]])));

    [Fact]
    public void Open_only_drops_what_is_closed_or_filtered_and_hosts_without_an_open_port()
    {
        var text = ScanStories.Json([ScanStories.Hosts()[4], new HostStory("198.18.0.9").Closed("1-3")], ScanStories.Options with
        {
            OpenOnly = true,
            AllStates = true,
        });
        Assert.Equal(["1 open", "2 open", "3 open", "4 open", "5 unfiltered"], Ports(text));
        Assert.Single(Lines(text), line => Kind(line) == "host");
    }

    [Fact]
    public void All_states_shows_every_judged_port_once()
    {
        var host = ScanStories.Hosts()[0];
        var text = ScanStories.Json([host], ScanStories.Options with { AllStates = true });
        Assert.Equal(
            host.Ports.Select(p => $"{p.Port.Port.Value} {p.Port.Protocol.Name()} {p.State.Name()}").Order(StringComparer.Ordinal),
            Lines(text).Where(l => Kind(l) == "port")
                .Select(l => $"{l.GetProperty("port")} {l.GetProperty("protocol")} {l.GetProperty("state")}").Order(
                    StringComparer.Ordinal));
    }

    [Fact]
    public void An_open_port_is_in_the_stream_before_its_host_is_finished()
    {
        using var stream = new MemoryStream();
        using var writer = new Portolan.Scan.Formats.JsonLinesWriter(stream, ScanStories.Options);
        var host = new HostStory("198.18.0.1").Open("80");
        writer.Started(ScanStories.Run);
        writer.PortFound(host.Host.Target, host.Ports[0]);
        Assert.Equal("port", Kind(Lines(System.Text.Encoding.UTF8.GetString(stream.ToArray()))[^1]));
    }

    [Fact]
    public void A_host_line_follows_its_ports_and_counts_all_of_them()
    {
        var lines = Lines(ScanStories.Json([ScanStories.Hosts()[0]]));
        var host = lines[^2];
        Assert.Equal("host", Kind(host));
        Assert.Equal(368, host.GetProperty("counts").EnumerateArray().Sum(c => c.GetProperty("count").GetInt32()));
    }

    [Fact]
    public void A_replay_does_not_invent_counts_of_probes()
    {
        using var stream = new MemoryStream();
        using var writer = new Portolan.Scan.Formats.JsonLinesWriter(stream, ScanStories.Options);
        writer.Started(ScanStories.Run with { ReplayOf = "nmap 7.93" });
        writer.Ended(ScanStories.End);
        var lines = Lines(System.Text.Encoding.UTF8.GetString(stream.ToArray()));
        Assert.All(
            ["seed", "hosts", "probesPlanned"], (string name) => Assert.Equal(JsonValueKind.Null, lines[0].GetProperty(name).ValueKind));
        Assert.All(
            ["probesPlanned", "probesSent", "retries", "notSent", "replies"],
            (string name) => Assert.Equal(JsonValueKind.Null, lines[1].GetProperty(name).ValueKind));
    }

    private static string Kind(JsonElement line) => line.GetProperty("event").GetString()!;

    private static IEnumerable<string> Ports(string text) =>
        Lines(text).Where(l => Kind(l) == "port").Select(l => $"{l.GetProperty("port")} {l.GetProperty("state")}");

    // Each line checked against the schema.
    private static List<JsonElement> Lines(string text)
    {
        var schema = JsonSchema.Load("portolan.scan/1");
        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement).ToList();
        foreach (var line in lines)
        {
            var faults = schema.Validate(line);
            Assert.True(faults.Count == 0, $"{line}\n{string.Join('\n', faults)}");
        }

        return lines;
    }
}
