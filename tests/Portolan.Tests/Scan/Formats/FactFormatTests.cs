using System.Text;
using System.Text.Json;
using System.Xml.Linq;
using Portolan.Cli.Scanning.Live;
using Portolan.Model.Registry;
using Portolan.Scan.Formats;
using Portolan.Scan.Identification;
using Portolan.Scan.Identification.Facts;
using Portolan.Scan.Journal;
using Portolan.Tests.Support;

namespace Portolan.Tests.Scan.Formats;

/// <summary>What -sC found, in every format and in the journal.</summary>
public sealed class FactFormatTests
{
    private static readonly ScanOutputOptions Options = ScanStories.Options with { Identifies = true };

    private static readonly JsonSerializerOptions AsItIs =
        new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly Fact[] Facts =
    [
        Fact.Of("http-title", [FactField.Of("title", "a<b> \"c\"")], "a<b> \"c\""),
        Fact.Of("ssl-cert", [FactField.Table("subject", [FactField.Of("commonName", "x")]), FactField.Of("daysLeft", -3),
            FactField.Of("expired", true), FactField.List("names", ["DNS:x", "DNS:y"])]),
        Fact.Of("none", []),
    ];

    private static HostStory Host() => new HostStory("198.18.0.1").Open("80,81")
        .Is(80, new ServiceAnswer(ServiceOutcome.Identified, new IdentifiedService("http")) { Facts = Facts })
        .Is(81, new ServiceAnswer(ServiceOutcome.Silent, null) { Facts = [] });

    [Fact]
    public void Json_has_them_as_lines_and_as_data_by_its_schema()
    {
        var text = ScanStories.Json([Host()], Options);
        var schema = JsonSchema.Load("portolan.scan/1");
        var ports = Ports(text);
        Assert.All(ports, port => Assert.Empty(schema.Validate(port)));
        Assert.Equal(
            """[{"id":"http-title","output":"a<b> \"c\"","fields":{"title":"a<b> \"c\""}},{"id":"ssl-cert","output":"\n  subject:\n    commonName: x\n  daysLeft: -3\n  expired: true\n  names:\n    DNS:x\n    DNS:y","fields":{"subject":{"commonName":"x"},"daysLeft":-3,"expired":true,"names":["DNS:x","DNS:y"]}},{"id":"none","output":"","fields":[]}]""",
            JsonSerializer.Serialize(ports[0].GetProperty("facts"),
                AsItIs));
        Assert.Equal(0, ports[1].GetProperty("facts").GetArrayLength());
        Assert.Equal(JsonValueKind.Null,
            Assert.Single(Ports(ScanStories.Json([new HostStory("198.18.0.1").Open("80")], Options))).GetProperty("facts").ValueKind);
    }

    [Fact]
    public void Nmaps_XML_has_scripts_with_elements_and_is_read_again()
    {
        var text = ScanStories.Xml([Host()], Options);
        var scripts = XDocument.Parse(text).Descendants("script").ToArray();
        Assert.Equal(["http-title", "ssl-cert", "none"], scripts.Select(static script => script.Attribute("id")!.Value));
        Assert.Equal("a<b> \"c\"", scripts[0].Attribute("output")!.Value);
        Assert.Equal(("title", "a<b> \"c\""), (scripts[0].Element("elem")!.Attribute("key")!.Value, scripts[0].Element("elem")!.Value));
        Assert.Equal("<table key=\"subject\"><elem key=\"commonName\">x</elem></table>",
            scripts[1].Element("table")!.ToString(SaveOptions.DisableFormatting));
        Assert.Equal(["DNS:x", "DNS:y"], scripts[1].Elements("table").Last().Elements("elem").Select(static elem => elem.Value));

        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(text));
        using var written = new MemoryStream();
        new NmapXmlReader(stream, "test", [new NormalWriter(written, Options)]).Replay(CancellationToken.None);
        var again = Encoding.UTF8.GetString(written.ToArray());
        Assert.Contains("\n|_http-title: a<b> \"c\"\n| ssl-cert: \n|   subject:\n", again, StringComparison.Ordinal);
    }

    [Fact]
    public void Tables_have_them_below_the_port_as_nmap_has()
    {
        const string Below =
            """
            |_http-title: a<b> "c"
            | ssl-cert: 
            |   subject:
            |     commonName: x
            |   daysLeft: -3
            |   expired: true
            |   names:
            |     DNS:x
            |_    DNS:y
            |_none: 
            81/tcp
            """;
        Assert.Contains(Below, ScanStories.Written(static stream => new NormalWriter(stream, Options), [Host()]), StringComparison.Ordinal);
        using var table = new MemoryStream();
        var output = new Utf8Writer(table);
        var ports = Host().Ports.ToList();
        var columns = PortRows.Columns(ports, Options);
        Portolan.Cli.Output.TextTable.Write(output, columns, new PortRows(ports, ServiceRegistry.BuiltIn, columns));
        output.Flush();
        Assert.Contains(Below.Replace(": \n", ":\n", StringComparison.Ordinal), Encoding.UTF8.GetString(table.ToArray()),
            StringComparison.Ordinal);
    }

    [Fact]
    public void The_grepable_format_has_no_place_for_them() =>
        Assert.DoesNotContain("http-title", ScanStories.Written(static stream => new GrepableWriter(stream, Options), [Host()]),
            StringComparison.Ordinal);

    [Fact]
    public void A_journal_gives_back_what_it_took_and_refuses_what_makes_no_sense()
    {
        var to = new JournalEncoder();
        to.Number((ulong)Facts.Length);
        foreach (var fact in Facts)
        {
            FactRecord.Write(to, fact);
        }

        var bytes = to.Written.ToArray();
        var from = new JournalDecoder(bytes);
        Assert.True(FactRecord.TryRead(ref from, out var read) && from.IsAtEnd);
        Assert.Equal(Texts(Facts), Texts(read));
        Fuzz.Run(300, (random, _) =>
        {
            var damaged = new JournalDecoder(Fuzz.Damage(random, bytes));
            if (FactRecord.TryRead(ref damaged, out var facts))
            {
                Assert.All(facts, Identification.Facts.HostileFactTests.AssertBounded);
            }
        });
        for (var length = 0; length < bytes.Length; length++)
        {
            var cut = new JournalDecoder(bytes.AsSpan(0, length));
            Assert.False(FactRecord.TryRead(ref cut, out _));
        }
    }

    private static JsonElement[] Ports(string text) =>
        [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => JsonDocument.Parse(line).RootElement)
            .Where(static line => line.GetProperty("event").GetString() == "port")];

    private static string Texts(IEnumerable<Fact> facts) =>
        string.Join('|', facts.Select(static fact => $"{fact.Id}{fact.Output}{FactLines.Below(fact).Count()}{Flat(fact.Fields!)}"));

    private static string Flat(IReadOnlyList<FactField> fields) =>
        string.Concat(fields.Select(static field => $"({field.Kind}{field.Key}={field.Text}{Flat(field.Items)})"));
}
