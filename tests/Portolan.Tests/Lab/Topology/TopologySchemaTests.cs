using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;
using Portolan.Lab.Topology;
using Portolan.Lab.Topology.Reading;
using Portolan.Lab.Topology.Writing;
using Portolan.Tests.Support;

namespace Portolan.Tests.Lab.Topology;

public sealed partial class TopologySchemaTests
{
    private static readonly JsonSchema Schema = JsonSchema.Load("portolan.lab/1");

    public static TheoryData<string> Samples => [.. LabLibrary.Names];

    [Theory]
    [MemberData(nameof(Samples))]
    public void Each_sample_follows_the_schema(string name) =>
        Assert.Empty(Faults(File.ReadAllText(Repository.PathOf("samples", "lab", $"{name}.yaml"))));

    [Fact]
    public void A_topology_with_everything_follows_the_schema() => Assert.Empty(Faults(Topologies.Everything));

    [Fact]
    public void What_is_written_follows_the_schema() =>
        Check.QuickThrowOnFailure(Prop.ForAll(
            Gen.Choose(0, int.MaxValue).ToArbitrary(),
            static seed => Assert.Empty(Faults(TopologyWriter.Write(TopologyByChance.Make(seed))))));

    [Theory]
    [InlineData("hosts: {}")]
    [InlineData("networks: [a]")]
    [InlineData("networks: { a: {} }")]
    [InlineData("networks: { a: 198.18.0.1 }")]
    [InlineData("networks: { a: { prefix: 198.18.0.0/24, latancy: 2ms } }")]
    [InlineData("networks: { a: { prefix: 198.18.0.0/24, latency: 2 } }")]
    [InlineData("networks: { a: { prefix: 198.18.0.0/24, loss: 0.01 } }")]
    [InlineData("networks: { a: { prefix: 198.18.0.0/24, bandwidth: 10Mbps } }")]
    [InlineData("networks: { a: { prefix: 198.18.0.0/24, mtu: 100 } }")]
    [InlineData("networks: { a: 198.18.0.0/24 }\nhots: {}")]
    [InlineData("networks: { a: 198.18.0.0/24 }\nseed: -1")]
    [InlineData("networks: { a: 198.18.0.0/24 }\nhosts: { x: { addres: 198.18.0.1 } }")]
    [InlineData("networks: { a: 198.18.0.0/24 }\nhosts: { x: { address: 198.18.0.1, personality: solaris } }")]
    [InlineData("networks: { a: 198.18.0.0/24 }\nhosts: { x: { address: 198.18.0.1, ping: perhaps } }")]
    [InlineData("networks: { a: 198.18.0.0/24 }\nhosts: { x: { address: 198.18.0.1, ports: { 80: reject with nothing } } }")]
    [InlineData("networks: { a: 198.18.0.0/24 }\nhosts: { x: { address: 198.18.0.1, ports: { 80: { rate-limit: 0 } } } }")]
    [InlineData("networks: { a: 198.18.0.0/24 }\nhosts: { x: { address: 198.18.0.1, ports: { 80: { knocking: [1] } } } }")]
    [InlineData("networks: { a: 198.18.0.0/24 }\nhosts: { x: { address: 198.18.0.1, ports: { 80: { tarpit: 1s, often: 2 } } } }")]
    [InlineData("networks: { a: 198.18.0.0/24 }\nhosts: { x: { address: 198.18.0.1, default: [open] } }")]
    [InlineData("networks: { a: 198.18.0.0/24 }\nrouters: { r: {} }")]
    [InlineData("networks: { a: 198.18.0.0/24 }\nrouters: { r: { networks: { a: 198.18.0.1 }, firewall: { default: alow } } }")]
    [InlineData("networks: { a: 198.18.0.0/24 }\nrouters: { r: { networks: { a: 198.18.0.1 }, firewall: { rules: [drop icmp] } } }")]
    [InlineData("networks: { a: 198.18.0.0/24 }\nrouters: { r: { networks: { a: 198.18.0.1 }, forward: [80 to x] } }")]
    [InlineData("networks: { a: 198.18.0.0/24 }\nlinks: [{ between: [r] }]")]
    [InlineData("networks: { a: 198.18.0.0/24 }\nlinks: [{ between: [r, s], shaping: [udp 5004 first] }]")]
    [InlineData("networks: { a: 198.18.0.0/24 }\nvantage: { net: a }")]
    public void What_the_schema_refuses_the_reader_refuses_too(string text)
    {
        Assert.NotEmpty(Faults(text));
        Assert.False(TopologyReader.Read(text, "x").IsValid);
    }

    [Fact]
    public void The_json_of_any_topology_follows_its_schema() =>
        Check.QuickThrowOnFailure(Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), static seed =>
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            TopologyJson.Write(json, TopologyByChance.Make(seed));
        }

        JsonSchema.AssertValid(Encoding.UTF8.GetString(stream.ToArray()));
    }));

    /// <summary>The faults an editor would show.</summary>
    internal static IReadOnlyList<string> Faults(string yaml)
    {
        var tree = TreeBuilder.Build(yaml, new FaultList());
        return Schema.Validate(JsonDocument.Parse(ToJson(tree!)?.ToJsonString() ?? "null").RootElement);
    }

    // By YAML 1.2's core schema, as editors read.
    private static JsonNode? ToJson(TreeNode node) => node switch
    {
        TreeMap map => new JsonObject(map.Entries.Select(e => KeyValuePair.Create(e.Key.Text, ToJson(e.Value)))),
        TreeList list => new JsonArray([.. list.Items.Select(ToJson)]),
        TreeScalar { IsNull: true } => null,
        TreeScalar { Quotes: 0, Text: "true" or "false" } scalar => JsonValue.Create(scalar.Text == "true"),
        TreeScalar { Quotes: 0 } scalar when Number().IsMatch(scalar.Text) =>
            JsonValue.Create(decimal.Parse(scalar.Text, NumberStyles.Float, CultureInfo.InvariantCulture)),
        TreeScalar scalar => JsonValue.Create(scalar.Text),
        _ => throw new InvalidOperationException(),
    };

    [GeneratedRegex("^[-+]?[0-9]{1,20}(\\.[0-9]{1,6})?$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Number();
}
