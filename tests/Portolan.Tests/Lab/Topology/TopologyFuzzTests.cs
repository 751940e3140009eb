using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Portolan.Lab.Topology.Reading;
using Portolan.Lab.Topology.Writing;
using Portolan.Tests.Support;

namespace Portolan.Tests.Lab.Topology;

public sealed class TopologyFuzzTests
{
    private static readonly byte[][] Seeds =
    [
        .. Directory.GetFiles(Repository.PathOf("samples", "lab"), "*.yaml").Order(StringComparer.Ordinal).Select(File.ReadAllBytes),
        Encoding.UTF8.GetBytes(Topologies.Everything),
    ];

    private static readonly string[] Words =
    [
        "name", "networks", "routers", "links", "hosts", "vantage", "prefix", "address", "addresses", "ports", "default", "firewall",
        "rules", "forward", "between", "shaping",
        "198.18.0.0/24", "198.18.0.1", "198.18.0.1-198.18.0.9", "2001:db8::/64", "2001:db8::1", "0.0.0.0/0", "::/0", "255.255.255.255",
        "80", "tcp", "udp", "http", "reject", "with", "from", "to", "port",
        "knock", "flapping", "service", "2ms", "1%", "10Mbit", "-", "~", "null", "", "a", "b", "[", "]", "{", "}", ",", ":", ": ", "- ",
        "\n", "\n  ", "\n    ", "\t", "&a ", "*a", "!x ", "|", ">", "\"", "'", "#", "? ", "%YAML 1.2", "---", "...", "\\x",
        "\"\\U0011ffff\"", "\ufeff",
    ];

    [Trait("Quick", "no")]
    [Fact]
    public void Damaged_topologies_are_read_or_refused_and_never_throw() => Fuzz.Run(3000, static (random, _) =>
    {
        var bytes = Seeds[random.Next(Seeds.Length)];
        for (var i = random.Next(1, 4); i > 0; i--)
        {
            bytes = Fuzz.Damage(random, bytes);
        }

        AssertRead(TopologyReader.Read(bytes, "x"));
    });

    [Fact]
    public void Words_of_the_format_in_any_order_are_read_or_refused_and_never_throw() => Fuzz.Run(5000, static (random, _) =>
    {
        var text = new StringBuilder();
        for (var i = random.Next(60); i > 0; i--)
        {
            text.Append(Words[random.Next(Words.Length)]).Append(random.Next(3) == 0 ? " " : "");
        }

        AssertRead(TopologyReader.Read(text.ToString(), "x"));
    });

    [Fact]
    public void Values_that_change_places_are_read_or_refused_and_never_throw() => Fuzz.Run(3000, static (random, _) =>
    {
        // A damage that stays YAML: one word of a line becomes another.
        var lines = Encoding.UTF8.GetString(Seeds[random.Next(Seeds.Length)]).Split('\n');
        for (var i = random.Next(1, 4); i > 0; i--)
        {
            var at = random.Next(lines.Length);
            var words = lines[at].Split(' ');
            words[random.Next(words.Length)] = Words[random.Next(Words.Length)];
            lines[at] = string.Join(' ', words);
        }

        AssertRead(TopologyReader.Read(string.Join('\n', lines), "x"));
    });

    [Fact]
    public void Any_bytes_are_read_or_refused_and_never_throw() =>
        Check.QuickThrowOnFailure(Prop.ForAll(
            ArbMap.Default.ArbFor<byte[]>(), static bytes => AssertRead(TopologyReader.Read(bytes ?? [], "x"))));

    [Fact]
    public void Any_text_is_read_or_refused_and_never_throws() =>
        Check.QuickThrowOnFailure(Prop.ForAll(
            ArbMap.Default.ArbFor<string>(), static text => AssertRead(TopologyReader.Read(text ?? "", "x"))));

    private static void AssertRead(TopologyReading reading)
    {
        Assert.Equal(reading.Topology is null, reading.Errors.Any());
        Assert.All(reading.Faults, static f =>
        {
            Assert.True(f is { Line: >= 1, Column: >= 1, Message.Length: > 0 }, f.ToString());
            Assert.DoesNotContain(f.ToString(), char.IsControl);
        });

        // What is read can be shown, stands somewhere, and reads back.
        if (reading.Topology is { } topology)
        {
            using var drawing = new StringWriter();
            TopologyText.Write(drawing, topology);
            Assert.NotEmpty(topology.ResolveVantage().Network);
            Assert.Empty(TopologyReader.Read(TopologyWriter.Write(topology)).Errors);
        }
    }
}
