using System.Text.Json;
using System.Text.RegularExpressions;
using Portolan.Lab.Topology;
using Portolan.Lab.Topology.Reading;
using Portolan.Tests.Support;

namespace Portolan.Tests.Lab.Topology;

/// <summary>docs/lab-topology.md is the reference of the format: what it says is so.</summary>
public sealed partial class TopologyDocumentTests
{
    private static readonly string Document = File.ReadAllText(Repository.PathOf("docs", "lab-topology.md"));

    public static TheoryData<string> Examples => [.. Yaml().Matches(Document).Select(m => m.Groups["text"].Value)];

    [Theory]
    [MemberData(nameof(Examples))]
    public void Each_example_is_a_topology_without_faults_and_follows_the_schema(string example)
    {
        Topologies.Read(example);
        Assert.Empty(TopologySchemaTests.Faults(example));
    }

    [Fact]
    public void Every_key_of_the_schema_is_described()
    {
        var schema = JsonDocument.Parse(File.ReadAllText(Repository.PathOf("docs", "schema", "portolan.lab-1.json"))).RootElement;
        var keys = Keys(schema).Distinct().ToList();

        Assert.True(keys.Count > 30);
        Assert.All(keys, key => Assert.Matches($"`(\\{{ )?{Regex.Escape(key)}[`:]|[,`] ?{Regex.Escape(key)}: ", Document));
    }

    [Fact]
    public void Every_error_and_every_personality_is_described() =>
        Assert.All(Words.RejectWords.Concat(Words.Personalities), word => Assert.Contains($"`{word}`", Document, StringComparison.Ordinal));

    [Fact]
    public void The_faults_it_shows_are_told_so()
    {
        var reading = TopologyReader.Read(
            "networks:\n  a:\n    prefix: 198.18.0.0/24\n  # x\n    latency: 2\nhosts:\n  x: { address: 198.18.0.1, ports: { 80: htp } }",
            "bad");

        Assert.All(reading.Errors, fault => Assert.Contains($"{fault.Message}; {fault.Hint}", Document, StringComparison.Ordinal));
        Assert.Equal(2, reading.Errors.Count());
    }

    [Fact]
    public void The_host_that_does_each_thing_has_each_policy() => Assert.Equal(
        typeof(PortPolicy).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(PortPolicy))).Select(t => t.Name).Order(
            StringComparer.Ordinal),
        Examples.Select(e => Topologies.Read(e.Data)).SelectMany(t => t.Hosts).SelectMany(h => h.Ports).Select(p => p.Policy.GetType().Name)
            .Distinct().Order(StringComparer.Ordinal));

    private static IEnumerable<string> Keys(JsonElement schema) => schema.ValueKind switch
    {
        JsonValueKind.Object =>
            schema.EnumerateObject().SelectMany(
                m => m.Name == "properties"
                    ? m.Value.EnumerateObject().Select(p => p.Name).Concat(m.Value.EnumerateObject().SelectMany(p => Keys(p.Value)))
                    : Keys(m.Value)),
        JsonValueKind.Array => schema.EnumerateArray().SelectMany(Keys),
        _ => [],
    };

    [GeneratedRegex("^```yaml\n(?<text>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Yaml();
}
