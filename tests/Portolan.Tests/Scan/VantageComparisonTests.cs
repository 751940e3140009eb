using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Portolan.Scan.Formats;
using Portolan.Scan.Results;
using Portolan.Tests.Scan.Formats;
using Portolan.Tests.Support;

namespace Portolan.Tests.Scan;

/// <summary>What differs between two sides of a network, and nothing else.</summary>
public sealed class VantageComparisonTests
{
    [Fact]
    public void Ports_that_are_open_from_one_side_only_are_rows_and_the_rest_is_a_count()
    {
        var comparison = new VantageComparison();
        Tell(comparison.From("lan"),
            new HostStory("198.18.0.9").Open("22,443").Closed("80,81,82"), new HostStory("198.18.0.10").Open("22"),
            new HostStory("198.18.0.2").Open("53"));
        Tell(comparison.From("dmz"),
            new HostStory("198.18.0.9").Open("443").Silent("22,80,81").Closed("82"), new HostStory("198.18.0.10").Open("22"),
            new HostStory("198.18.0.11").Status(HostStatus.Down, ReplyReason.NoResponse));
        Assert.Equal(
            """

            What differs (- is a host that was not found up, or a port that was not probed):

            HOST        PORT    FROM lan  FROM dmz
            198.18.0.2  53/tcp  open      -
            198.18.0.9  22/tcp  open      filtered
            2 more ports are closed from one zone and filtered from another; --all-states shows them

            """.ReplaceLineEndings("\n"), DisagreementText.Of(comparison));
        using var output = new MemoryStream();
        DisagreementJson.Write(output, comparison, JavaScriptEncoder.Default);
        var lines = Encoding.UTF8.GetString(output.ToArray()).TrimEnd('\n').Split('\n');
        var schema = JsonSchema.Load("portolan.scan/1");
        Assert.Equal(2, lines.Length);
        Assert.All(lines, line => Assert.Empty(schema.Validate(JsonDocument.Parse(line).RootElement)));
        Assert.Contains(
            "[{\"vantage\":\"lan\",\"state\":\"open\"},{\"vantage\":\"dmz\",\"state\":null}]", lines[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Sides_that_agree_say_so()
    {
        var comparison = new VantageComparison();
        Tell(comparison.From("lan"), new HostStory("198.18.0.9").Open("22"));
        Tell(comparison.From("dmz"), new HostStory("198.18.0.9").Open("22"));
        Assert.Empty(comparison.Disagreements());
        Assert.Equal("\nAll zones see the same open ports.\n", DisagreementText.Of(comparison));
    }

    private static void Tell(IScanObserver observer, params HostStory[] hosts)
    {
        foreach (var host in hosts)
        {
            host.Tell(observer);
        }
    }
}
