using Portolan.Lab.Running;
using Portolan.Lab.Scenarios;
using Portolan.Lab.Topology;
using Portolan.Tests.Support;

namespace Portolan.Tests.Lab;

/// <summary>docs/lab-scenarios.md shows what scenarios print.</summary>
public sealed class ScenarioDocumentTests
{
    private const string Omission = "...";

    [Trait("Quick", "no")]
    [Theory, MemberData(nameof(ScenarioTests.Names), MemberType = typeof(ScenarioTests))]
    public async Task What_it_shows_of_a_scenario_is_what_that_prints(string name)
    {
        Assert.Contains(Blocks(), b => b.Scenario == name);
        var topology = LabLibrary.Load(name);
        var text = new StringWriter();
        ScenarioText.Write(await PlayedScenario.Of(name), new LabDirectory(topology), text);
        string[] printed = [.. text.ToString().Split('\n').Select(static l => l.TrimEnd())];

        foreach (var block in Blocks().Where(b => b.Scenario == name))
        {
            var at = 0;
            foreach (var part in Parts(block.Lines))
            {
                var found = Find(printed, part, at);
                Assert.True(
                    found >= 0, $"{name} does not print this, or not in this order:\n{string.Join('\n', part)}\n\nIt prints:\n{text}");
                at = found + part.Count;
            }
        }
    }

    /// <summary>The blocks of text below headings that name a scenario.</summary>
    private static List<(string Scenario, List<string> Lines)> Blocks()
    {
        var blocks = new List<(string Scenario, List<string> Lines)>();
        var (heading, isInside) = ("", false);
        foreach (var line in File.ReadLines(Repository.PathOf("docs", "lab-scenarios.md")))
        {
            if (line.StartsWith("```", StringComparison.Ordinal))
            {
                isInside = !isInside;
                if (isInside)
                {
                    Assert.Equal("```text", line);
                    blocks.Add((heading, []));
                }
            }
            else if (isInside)
            {
                blocks[^1].Lines.Add(line);
            }
            else if (line.StartsWith("## ", StringComparison.Ordinal))
            {
                heading = line[3..];
            }
        }

        return blocks;
    }

    /// <summary>What stands between omissions.</summary>
    private static List<List<string>> Parts(List<string> lines)
    {
        var parts = new List<List<string>> { new() };
        foreach (var line in lines)
        {
            if (line == Omission)
            {
                parts.Add([]);
            }
            else
            {
                parts[^1].Add(line);
            }
        }

        return parts;
    }

    private static int Find(string[] printed, List<string> part, int from)
    {
        for (var at = from; at + part.Count <= printed.Length; at++)
        {
            if (printed.AsSpan(at, part.Count).SequenceEqual(part.ToArray()))
            {
                return at;
            }
        }

        return -1;
    }
}
