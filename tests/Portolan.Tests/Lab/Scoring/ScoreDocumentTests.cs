using System.Text;
using System.Text.RegularExpressions;
using Portolan.Lab.Scoring;
using Portolan.Lab.Topology;
using Portolan.Lab.Topology.Reading;
using Portolan.Lab.Truth;
using Portolan.Tests.Support;
using static Portolan.Tests.Lab.LabStories;

namespace Portolan.Tests.Lab.Scoring;

/// <summary>docs/lab-truth.md: what it says is so.</summary>
public sealed partial class ScoreDocumentTests
{
    private static readonly string Document = File.ReadAllText(Repository.PathOf("docs", "lab-truth.md"));

    [Fact]
    public void The_score_that_it_shows_is_that_of_the_result_that_it_shows()
    {
        var topology = TopologyReader.Read(Blocks("yaml").Single()).OrThrow("docs/lab-truth.md");
        using var writer = new StringWriter { NewLine = "\n" };
        ScoreText.Write(
            LabScorer.Score(topology, new MemoryStream(Encoding.UTF8.GetBytes(Blocks("text")[0])), new ScoreOptions()), topology.Name,
            writer);
        Assert.Equal(Blocks("text")[1], writer.ToString());
    }

    [Theory]
    [InlineData("open")]
    [InlineData("closed")]
    [InlineData("filtered")]
    [InlineData("rejected with tcp-reset")]
    [InlineData("rejected with port-unreachable")]
    [InlineData("rejected with another error")]
    [InlineData("tarpit")]
    public void The_states_that_it_lists_are_those_of_the_truth(string name)
    {
        PortPolicy policy = name switch
        {
            "open" => PortPolicy.Open,
            "closed" => PortPolicy.Closed,
            "filtered" => PortPolicy.Filtered,
            "tarpit" => new TarpitPort(TimeSpan.FromSeconds(1)),
            "rejected with tcp-reset" => new RejectedPort(RefusalKind.TcpReset),
            "rejected with port-unreachable" => new RejectedPort(RefusalKind.PortUnreachable),
            _ => new RejectedPort(RefusalKind.AdminProhibited),
        };
        var topology = Office(Host("198.18.1.10", Tcp("80", policy), Udp("80", policy)));
        var row = Document.Split('\n').Single(
            line => line.StartsWith($"| {name} ", StringComparison.Ordinal) || line.StartsWith($"| {name},", StringComparison.Ordinal));
        var cells = row.Replace("\\|", "/", StringComparison.Ordinal).Split('|', StringSplitOptions.TrimEntries)[2..^1];
        ProbeType[] types = [ProbeType.Syn, ProbeType.Connect, ProbeType.Ack, ProbeType.Fin, ProbeType.Udp];
        Assert.Equal(types.Length, cells.Length);
        Assert.All(types.Zip(cells), pair =>
        {
            var state = Said(topology, "198.18.1.10", 80, pair.First).Split(' ')[0].Replace('|', '/');
            Assert.EndsWith(state, pair.Second, StringComparison.Ordinal);
        });
    }

    private static List<string> Blocks(string language) =>
        [.. Fences().Matches(Document).Where(m => m.Groups["language"].Value == language).Select(m => m.Groups["text"].Value)];

    [GeneratedRegex("^```(?<language>[a-z]+)\n(?<text>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fences();
}
