using Portolan.Lab.Running;
using Portolan.Lab.Scenarios;
using Portolan.Lab.Topology;

namespace Portolan.Tests.Lab;

/// <summary>Every scenario plays to its end, and all that it claims is so.</summary>
[Trait("Quick", "no")]
public sealed class ScenarioTests
{
    public static TheoryData<string> Names => [.. ScenarioCatalogue.All.Select(static s => s.Name)];

    [Theory, MemberData(nameof(Names))]
    public async Task All_that_it_claims_is_so(string name)
    {
        var topology = LabLibrary.Load(name);
        var report = await PlayedScenario.Of(name);
        var text = new StringWriter();
        ScenarioText.Write(report, new LabDirectory(topology), text);

        TestContext.Current.TestOutputHelper?.WriteLine(text.ToString());
        Assert.True(report.Succeeded, text.ToString());
        Assert.True(report.Steps.Sum(static s => s.Checks.Count) >= 3, "a scenario that checks nothing");
        Assert.True(report.Steps.Sum(static s => s.Packets.Count) > 0, "a scenario without packets");
        Assert.Contains("socket pairs on the wire", text.ToString(), StringComparison.Ordinal);
        Assert.Contains(" ms |", text.ToString(), StringComparison.Ordinal);
        Assert.All(text.ToString().Split('\n'), static line => Assert.True(line.TrimEnd().Length <= 80, $"too long: {line}"));
    }

    [Theory, MemberData(nameof(Names))]
    public async Task It_fits_a_terminal_of_60_columns_and_uses_no_more_of_a_wide_one(string name)
    {
        var topology = LabLibrary.Load(name);
        var report = await PlayedScenario.Of(name);
        foreach (var (columns, most) in ((int, int)[])[(60, 60), (200, 80)])
        {
            var text = new StringWriter();
            ScenarioText.Write(report, topology, text, new ScenarioLook(columns, Colors: false));

            // A word that is longer than the line, and a drawing, stay whole.
            var long_ = text.ToString().Split('\n')
                .Where(line => line.TrimEnd().Length > most && line.Trim().Contains(' ', StringComparison.Ordinal)).ToList();
            Assert.True(
                name == "states" && columns == 60 ? long_.TrueForAll(static l => l.IndexOfAny(['|', '+', '[']) >= 0) : long_.Count == 0,
                string.Join('\n', long_));
        }
    }

    [Fact]
    public async Task Colour_marks_what_holds_and_changes_no_letter()
    {
        var topology = LabLibrary.Load("two-browsers");
        var report = await PlayedScenario.Of("two-browsers");
        var (plain, coloured) = (new StringWriter(), new StringWriter());
        ScenarioText.Write(report, topology, plain);
        ScenarioText.Write(report, topology, coloured, new ScenarioLook(null, Colors: true));

        Assert.DoesNotContain('\e', plain.ToString());
        Assert.Contains("\e[32m   ok: ", coloured.ToString(), StringComparison.Ordinal);
        Assert.Contains("\e[1m1. ", coloured.ToString(), StringComparison.Ordinal);
        Assert.Equal(plain.ToString(), System.Text.RegularExpressions.Regex.Replace(coloured.ToString(), "\e\\[[0-9]*m", ""));
    }

    [Fact]
    public async Task The_frames_of_encapsulation_are_described_by_their_own_bytes()
    {
        var topology = LabLibrary.Load("encapsulation");
        var report = await PlayedScenario.Of("encapsulation");
        var text = new StringWriter();
        ScenarioText.Write(report, topology, text);

        // Each length that is said is that of a frame which was sent, and the bytes that are shown are as many as is said.
        var exhibits = report.Steps.SelectMany(static s => s.Exhibits).ToList();
        var options =
            Assert.Single(exhibits.SelectMany(static e => e.Lines), static l => l.Contains("options, ", StringComparison.Ordinal));
        var said = int.Parse(options.Split("options, ")[1].Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);
        var shown = options.Split("options,")[0].Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Count(
            static word => word.Length == 2 && word.All(char.IsAsciiHexDigit))
            + exhibits.SelectMany(static e => e.Lines).SkipWhile(l => l != options).Skip(1).First().Split(
                ' ', StringSplitOptions.RemoveEmptyEntries).Length;
        Assert.Equal((20, 20), (said, shown));
        Assert.Contains(
            "47 bytes; on the cable 13 of padding and 4 of checksum (FCS) follow: 64", text.ToString(), StringComparison.Ordinal);
        Assert.Contains("74 bytes; on the cable 4 of checksum (FCS) follow: 78", text.ToString(), StringComparison.Ordinal);

        // The lesson and the lab of its name have the same addresses.
        Assert.All(
            report.Conversations, c => Assert.All([c.Source, c.Destination], a => Assert.NotNull(new LabDirectory(topology).NameOf(a))));
    }

    [Theory, MemberData(nameof(Names))]
    public async Task The_same_seed_shows_the_same(string name)
    {
        Assert.True(ScenarioCatalogue.TryFind(name, out var scenario));
        var printed = new List<string>();
        for (var run = 0; run < 2; run++)
        {
            var topology = LabLibrary.Load(name);
            var text = new StringWriter();
            ScenarioText.Write(await ScenarioPlayer.PlayAsync(scenario, topology, 5), new LabDirectory(topology), text);
            printed.Add(text.ToString());
        }

        Assert.Equal(printed[0], printed[1]);
    }

    [Theory, MemberData(nameof(Names))]
    public async Task It_is_so_with_other_chances_too(string name)
    {
        Assert.True(ScenarioCatalogue.TryFind(name, out var scenario));
        foreach (var seed in (ulong[])[2, 77, 4096])
        {
            var topology = LabLibrary.Load(name);
            var report = await ScenarioPlayer.PlayAsync(scenario, topology, seed);
            var text = new StringWriter();
            ScenarioText.Write(report, new LabDirectory(topology), text);
            Assert.True(report.Succeeded, text.ToString());
        }
    }

    [Theory]
    [InlineData(2UL)]
    [InlineData(3UL)]
    [InlineData(4UL)]
    [InlineData(5UL)]
    public async Task Scan_me_is_found_out_whatever_is_lost(ulong seed)
    {
        Assert.True(ScenarioCatalogue.TryFind("scan-me", out var scenario));
        var topology = LabLibrary.Load("scan-me");
        var report = await ScenarioPlayer.PlayAsync(scenario, topology, seed);
        var text = new StringWriter();
        ScenarioText.Write(report, new LabDirectory(topology), text);

        Assert.True(report.Succeeded, text.ToString());
    }
}
