using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Portolan.Tests.Support;

/// <summary>
/// Checks a JSON document against a schema of docs/schema. Knows the part of JSON Schema 2020-12 that these schemas use, and
/// refuses a schema that uses more, so that nothing goes unchecked in silence.
/// </summary>
internal sealed class JsonSchema
{
    private static readonly string[] Annotations = ["$schema", "$id", "$defs", "$comment", "title", "description", "examples", "default"];

    private readonly JsonElement _root;

    private JsonSchema(JsonElement root) => _root = root;

    /// <summary>Reads docs/schema/portolan.NAME-N.json for <c>portolan.name/n</c>.</summary>
    public static JsonSchema Load(string schema) =>
        Parse(File.ReadAllText(Repository.PathOf("docs", "schema", $"{schema.Replace('/', '-')}.json")));

    public static JsonSchema Parse(string text) => new(JsonDocument.Parse(text).RootElement);

    /// <summary>Fails the test with every fault of the document. Finds the schema by the document's own <c>schema</c> member.</summary>
    public static JsonElement AssertValid(string document)
    {
        var root = JsonDocument.Parse(document).RootElement;
        var name = root.GetProperty("schema").GetString()!;
        var faults = Load(name).Validate(root);
        Assert.True(
            faults.Count == 0,
            $"{name}:\n{string.Join('\n', faults.Take(20))}\nin {(document.Length > 2000 ? document[..2000] : document)}");
        return root;
    }

    /// <summary>The faults, each with its place, such as <c>$.sockets[3].state: not one of …</c>.</summary>
    public IReadOnlyList<string> Validate(JsonElement document)
    {
        var faults = new List<string>();
        Check(document, _root, "$", faults);
        return faults;
    }

    private void Check(JsonElement value, JsonElement schema, string at, List<string> faults)
    {
        if (schema.ValueKind is JsonValueKind.True)
        {
            return;
        }

        if (schema.ValueKind is JsonValueKind.False)
        {
            faults.Add($"{at}: must not be there");
            return;
        }

        foreach (var rule in schema.EnumerateObject())
        {
            switch (rule.Name)
            {
                case "$ref":
                    Check(value, Resolve(rule.Value.GetString()!), at, faults);
                    break;
                case "type":
                    CheckType(value, rule.Value, at, faults);
                    break;
                case "const" when !JsonElement.DeepEquals(value, rule.Value):
                    faults.Add($"{at}: {value} is not {rule.Value}");
                    break;
                case "enum" when !rule.Value.EnumerateArray().Any(e => JsonElement.DeepEquals(e, value)):
                    faults.Add($"{at}: {value} is not one of {rule.Value}");
                    break;
                case "pattern"
                    when value.ValueKind == JsonValueKind.String
                        && !Regex.IsMatch(
                            value.GetString()!, rule.Value.GetString()!, RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1)):
                    faults.Add($"{at}: {value} does not match {rule.Value}");
                    break;
                case "minimum" when value.ValueKind == JsonValueKind.Number && value.GetDouble() < rule.Value.GetDouble():
                case "maximum" when value.ValueKind == JsonValueKind.Number && value.GetDouble() > rule.Value.GetDouble():
                    faults.Add($"{at}: {value} is beyond the {rule.Name} {rule.Value}");
                    break;
                case "minItems" when value.ValueKind == JsonValueKind.Array && value.GetArrayLength() < rule.Value.GetInt32():
                    faults.Add($"{at}: fewer than {rule.Value} items");
                    break;
                case "required" when value.ValueKind == JsonValueKind.Object:
                    faults.AddRange(
                        rule.Value.EnumerateArray().Where(n => !value.TryGetProperty(n.GetString()!, out _)).Select(
                            n => $"{at}: {n} is missing"));
                    break;
                case "properties" when value.ValueKind == JsonValueKind.Object:
                    foreach (var member in rule.Value.EnumerateObject())
                    {
                        if (value.TryGetProperty(member.Name, out var child))
                        {
                            Check(child, member.Value, $"{at}.{member.Name}", faults);
                        }
                    }

                    break;
                case "additionalProperties" when value.ValueKind == JsonValueKind.Object:
                    foreach (var member in value.EnumerateObject().Where(m => !IsDeclared(schema, m.Name)))
                    {
                        Check(member.Value, rule.Value, $"{at}.{member.Name}", faults);
                    }

                    break;
                case "items" when value.ValueKind == JsonValueKind.Array:
                    var index = 0;
                    foreach (var item in value.EnumerateArray())
                    {
                        Check(item, rule.Value, string.Create(CultureInfo.InvariantCulture, $"{at}[{index++}]"), faults);
                    }

                    break;
                case "anyOf" or "oneOf":
                    CheckAlternatives(value, rule, at, faults);
                    break;
                case "const" or "enum" or "pattern" or "minimum" or "maximum" or "minItems" or "required" or "properties"
                    or "additionalProperties" or "items":
                    break;
                case var name when !Annotations.Contains(name, StringComparer.Ordinal):
                    throw new NotSupportedException($"{at}: the schema uses {name}, which this checker does not know");
            }
        }
    }

    private void CheckAlternatives(JsonElement value, JsonProperty rule, string at, List<string> faults)
    {
        var attempts = rule.Value.EnumerateArray().Select(alternative =>
        {
            var own = new List<string>();
            Check(value, alternative, at, own);
            return own;
        }).ToList();
        var matches = attempts.Count(a => a.Count == 0);
        if (matches == 0 || (rule.Name == "oneOf" && matches > 1))
        {
            faults.Add($"{at}: {matches} alternatives match; {string.Join("; ", attempts.SelectMany(a => a).Take(4))}");
        }
    }

    private static void CheckType(JsonElement value, JsonElement types, string at, List<string> faults)
    {
        var names = types.ValueKind == JsonValueKind.Array
            ? types.EnumerateArray().Select(t => t.GetString()!).ToList()
            : [types.GetString()!];
        if (!names.Any(name => IsType(value, name)))
        {
            faults.Add($"{at}: {value.ValueKind} is not {string.Join(" or ", names)}");
        }
    }

    private static bool IsType(JsonElement value, string name) => name switch
    {
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        "string" => value.ValueKind == JsonValueKind.String,
        "number" => value.ValueKind == JsonValueKind.Number,
        "integer" => value.ValueKind == JsonValueKind.Number && value.GetDouble() == Math.Floor(value.GetDouble()),
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "null" => value.ValueKind == JsonValueKind.Null,
        _ => throw new NotSupportedException($"unknown type {name}"),
    };

    private static bool IsDeclared(JsonElement schema, string name) =>
        schema.TryGetProperty("properties", out var properties) && properties.TryGetProperty(name, out _);

    private JsonElement Resolve(string reference)
    {
        if (!reference.StartsWith("#/", StringComparison.Ordinal))
        {
            throw new NotSupportedException($"{reference} is not in this file");
        }

        return reference[2..].Split('/').Aggregate(_root, static (at, part) => at.GetProperty(part));
    }
}
