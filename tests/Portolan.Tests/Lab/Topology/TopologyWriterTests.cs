using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Portolan.Lab.Topology;
using Portolan.Lab.Topology.Reading;
using Portolan.Lab.Topology.Writing;

namespace Portolan.Tests.Lab.Topology;

public sealed class TopologyWriterTests
{
    [Fact]
    public void What_is_written_reads_back_as_the_same_topology() =>
        Check.QuickThrowOnFailure(Prop.ForAll(
            Gen.Choose(0, int.MaxValue).ToArbitrary(), static seed => AssertReadsBack(TopologyByChance.Make(seed))));

    [Fact]
    public void A_topology_with_everything_reads_back() => AssertReadsBack(Topologies.Read(Topologies.Everything));

    [Theory]
    [InlineData("null")]
    [InlineData("~")]
    [InlineData("a: b # c")]
    [InlineData("- x")]
    [InlineData("\"quoted\" 'twice' \\ back")]
    [InlineData("two\nlines\r\tand a tab")]
    [InlineData(" spaces ")]
    [InlineData("\u202e\u0000\u0085\ufeff")]
    [InlineData("naïve 漢字 😀")]
    [InlineData("")]
    [InlineData("{[&*!|>%@`")]
    public void Any_text_reads_back(string text)
    {
        var topology = Topologies.Read(
            "networks: { a: 198.18.0.0/24 }\nhosts: { x: { address: 198.18.0.1, ports: { 80: http } } }") with
        { Description = text };

        Assert.Equal(text, Topologies.Read(TopologyWriter.Write(topology)).Description);
    }

    private static void AssertReadsBack(LabTopology topology)
    {
        var text = TopologyWriter.Write(topology);
        var reading = TopologyReader.Read(text);

        Assert.True(reading.IsValid, $"{string.Join('\n', reading.Faults)}\n{text}");
        Assert.Equal(Json(topology), Json(reading.Topology));
        Assert.Equal(text, TopologyWriter.Write(reading.Topology));
    }

    /// <summary>All that is in a topology, by a writer of another kind.</summary>
    private static string Json(LabTopology topology)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
        {
            TopologyJson.Write(json, topology);
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
