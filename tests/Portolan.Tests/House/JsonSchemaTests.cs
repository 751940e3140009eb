using System.Text.Json;
using Portolan.Tests.Support;

namespace Portolan.Tests.House;

public sealed class JsonSchemaTests
{
    private const string Schema =
        """
        { "type": "object", "required": ["port"], "additionalProperties": false,
          "properties": { "port": { "type": "integer", "minimum": 0, "maximum": 65535 },
            "peer": { "oneOf": [{ "type": "null" }, { "$ref": "#/$defs/peer" }] },
            "state": { "enum": ["LISTEN", "CLOSED"] },
            "names": { "type": "array", "items": { "type": "string", "pattern": "^[a-z]+$" } } },
          "$defs": { "peer": { "type": "object", "required": ["address"] } } }
        """;

    [Theory]
    [InlineData("""{"port": 22}""")]
    [InlineData("""{"port": 22, "peer": null, "state": "LISTEN", "names": ["a", "b"]}""")]
    [InlineData("""{"port": 22.0, "peer": {"address": "x", "more": 1}}""")]
    public void A_document_that_follows_the_schema_has_no_faults(string document) => Assert.Empty(Validate(document));

    [Theory]
    [InlineData("""{}""", "$: port is missing")]
    [InlineData("""[]""", "$: Array is not object")]
    [InlineData("""{"port": 70000}""", "$.port: 70000 is beyond the maximum 65535")]
    [InlineData("""{"port": 2.5}""", "$.port: Number is not integer")]
    [InlineData("""{"port": 1, "state": "listen"}""", "$.state: listen is not one of")]
    [InlineData("""{"port": 1, "names": ["a", "B"]}""", "$.names[1]: B does not match")]
    [InlineData("""{"port": 1, "extra": 1}""", "$.extra: must not be there")]
    [InlineData("""{"port": 1, "peer": {}}""", "$.peer: 0 alternatives match; $.peer: Object is not null; $.peer: address is missing")]
    public void Every_fault_is_found_with_its_place(string document, string fault) =>
        Assert.StartsWith(fault, Assert.Single(Validate(document)), StringComparison.Ordinal);

    [Fact]
    public void A_schema_that_uses_more_than_is_checked_is_refused() =>
        Assert.Throws<NotSupportedException>(
            () => JsonSchema.Parse("""{"dependentRequired": {}}""").Validate(JsonDocument.Parse("{}").RootElement));

    [Fact]
    public void Every_schema_in_docs_names_itself() => Assert.All(
        Directory.GetFiles(Repository.PathOf("docs", "schema"), "*.json"),
        file =>
        {
            var root = JsonDocument.Parse(File.ReadAllText(file)).RootElement;
            var name = Path.GetFileNameWithoutExtension(file);
            var dash = name.LastIndexOf('-');
            Assert.Contains($"{name[..dash]}/{name[(dash + 1)..]}", root.ToString(), StringComparison.Ordinal);
        });

    private static IReadOnlyList<string> Validate(string document) =>
        JsonSchema.Parse(Schema).Validate(JsonDocument.Parse(document).RootElement);
}
