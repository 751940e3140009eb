using System.Text;
using System.Text.Json;
using Portolan.Model;
using Portolan.Packets;
using Portolan.Scan.Formats;
using Portolan.Scan.Results;

namespace Portolan.Tests.Scan.Formats;

/// <summary>A scan that is read from a pipe looks the same in every format as where it was made.</summary>
public sealed class ScanLinesReaderTests
{
    private static readonly ScanStart Run = ScanStories.Run with { Notes = [], Job = 7, Vantage = "lan" };

    private static readonly ScanEnd End = ScanStories.End with { Beside = default, Losses = null, MissRateBound = 0.0004 };

    private static HostStory[] Hosts =>
    [
        new HostStory("198.18.0.1").Status(HostStatus.Up, ReplyReason.ArpResponse, hardware: new MacAddress(0x001b_21aa_bb02))
            .Open("22,80").Closed("1-21,23-79")
            .With(ScanStories.Tcp, "311-340", PortState.Filtered, ReplyReason.AdministrativelyProhibited, ttl: 0)
            .SilentUdp("67"),
        new HostStory("198.18.0.5") { Partial = true }.Status(HostStatus.Up, ReplyReason.Reset, 64).Open("1-4"),
        new HostStory("2001:db8::5").Status(HostStatus.Up, ReplyReason.NeighbourResponse, 255).Closed("1-60"),
    ];

    [Fact]
    public void Every_format_prints_the_same_as_where_it_was_scanned()
    {
        var piped = Written(stream => new JsonLinesWriter(stream, ScanStories.Options with { NamesCountedPorts = true }));
        foreach (var make in (Func<Stream, IScanObserver>[])
        [
            stream => new NormalWriter(stream, ScanStories.Options),
            stream => new NmapXmlWriter(stream, ScanStories.Options with { AllStates = true }),
            stream => new GrepableWriter(stream, ScanStories.Options),
        ])
        {
            using var output = new MemoryStream();
            var reader = new ScanLinesReader(new StringReader(piped), start =>
            {
                Assert.Equal((7L, "lan"), (start.Job!.Value, start.Vantage));
                return [make(output)];
            });
            Assert.True(reader.Read());
            Assert.Equal(Written(make), Encoding.UTF8.GetString(output.ToArray()));
        }
    }

    [Fact]
    public void A_host_has_the_same_counts_in_json()
    {
        IScanObserver Make(Stream stream) => new JsonLinesWriter(stream, ScanStories.Options with { NamesCountedPorts = true });
        using var output = new MemoryStream();
        Assert.True(new ScanLinesReader(new StringReader(Written(Make)), _ => [Make(output)]).Read());
        Assert.Equal(Counts(Written(Make)), Counts(Encoding.UTF8.GetString(output.ToArray())));
    }

    // Of each host; their order says nothing.
    private static List<string> Counts(string text) =>
    [
        .. text.TrimEnd('\n').Split('\n').Select(static line => JsonDocument.Parse(line).RootElement)
            .Where(static line => line.GetProperty("event").GetString() == "host")
            .SelectMany(static line => line.GetProperty("counts").EnumerateArray().Select(
                count => $"{line.GetProperty("address")} {count}"))
            .Order(StringComparer.Ordinal),
    ];

    [Fact]
    public void A_scan_that_is_cut_off_is_no_whole_one_and_is_closed_in_order()
    {
        var piped = Written(stream => new JsonLinesWriter(stream, ScanStories.Options with { NamesCountedPorts = true }));
        using var output = new MemoryStream();
        var reader = new ScanLinesReader(
            new StringReader(piped[..piped.LastIndexOf("{\"event\":\"end\"", StringComparison.Ordinal)]),
            _ => [new JsonLinesWriter(output, ScanStories.Options)]);
        Assert.False(reader.Read());
        reader.Break("cut off", ScanStories.Start.AddSeconds(5));
        reader.Break("once only", ScanStories.Start.AddSeconds(6));
        var end = Assert.Single(reader.Ends);
        Assert.Equal((false, "cut off", 3L, 3000L), (end.IsComplete, end.Incomplete, end.HostsUp, end.ProbesSent));
        Assert.Contains("\"incomplete\":\"cut off\"", Encoding.UTF8.GetString(output.ToArray()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no JSON")]
    [InlineData("{}")]
    [InlineData("{\"event\":\"port\",\"port\":1}")]
    [InlineData("{\"event\":\"host\",\"address\":\"198.18.0.1\"}")]
    public void Other_lines_are_refused(string line) =>
        Assert.Throws<FormatException>(() => new ScanLinesReader(new StringReader(line), static _ => []).Read());

    private static string Written(Func<Stream, IScanObserver> make)
    {
        using var output = new MemoryStream();
        var observer = make(output);
        observer.Started(Run);
        observer.Progress(new ScanProgress("ports", 0.5, TimeSpan.FromSeconds(1.5), 3000, 900, 12345.678, 3, 1));
        foreach (var host in Hosts)
        {
            host.Tell(observer);
        }

        observer.Ended(End);
        return Encoding.UTF8.GetString(output.ToArray());
    }
}
