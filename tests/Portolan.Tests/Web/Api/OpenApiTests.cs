using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using Portolan.Tests.Support;
using Portolan.Web.Access;
using Portolan.Web.Api;

namespace Portolan.Tests.Web.Api;

/// <summary>
/// The description of the API is made from its routes and documents, and committed: <c>PORTOLAN_WRITE_SCREENS=1</c> writes it anew.
/// </summary>
public sealed partial class OpenApiTests
{
    private static readonly string File = Repository.PathOf("src", "Portolan.Web", "Api", "openapi.json");

    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = true,
        NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.Strict,
    };

    [Fact]
    public void The_committed_description_is_that_of_the_routes()
    {
        var made = Describe(AllRoutes.Get()).ToJsonString(Options) + "\n";
        if (Environment.GetEnvironmentVariable("PORTOLAN_WRITE_SCREENS") == "1")
        {
            System.IO.File.WriteAllText(File, made);
        }

        Assert.Equal(System.IO.File.ReadAllText(File), made);
    }

    [Fact]
    public void A_route_has_a_sentence_and_says_what_it_answers()
    {
        Assert.All(AllRoutes.Get(), route =>
        {
            Assert.EndsWith(".", route.Summary, StringComparison.Ordinal);
            Assert.StartsWith("/api/", route.Path, StringComparison.Ordinal);
            Assert.True(route.AnswerType is not null || route.MediaType is not null || route.Method == "DELETE", route.Path);
        });
        Assert.Equal(
            AllRoutes.Get().Count, AllRoutes.Get().Select(static r => (r.Method, r.Path)).Distinct().Count());
    }

    [Fact]
    public void Only_what_begins_a_session_is_open_to_all() => Assert.Equal(
        ["GET /api/hello", "GET /api/openapi.json", "POST /api/session"],
        AllRoutes.Get().Where(static r => r.Scope == Scope.None).Select(static r => $"{r.Method} {r.Path}"));

    [Fact]
    public void What_changes_or_sends_something_is_in_the_log() => Assert.All(
        AllRoutes.Get().Where(static r => r.Method != "GET" && r.Path != "/api/tickets"), static r => Assert.True(r.IsAudited, r.Path));

    private static JsonObject Describe(IReadOnlyList<ApiRoute> routes)
    {
        var records = new SortedDictionary<string, JsonNode>(StringComparer.Ordinal);
        Schema(typeof(ErrorDocument), records);
        var paths = new JsonObject();
        foreach (var group in routes.GroupBy(static r => r.Path))
        {
            var path = new JsonObject();
            foreach (var route in group)
            {
                path[route.Method.ToLowerInvariant()] = Operation(route, records);
            }

            paths[group.Key] = path;
        }

        return new JsonObject
        {
            ["openapi"] = "3.1.0",
            ["info"] = new JsonObject { ["title"] = "Portolan", ["version"] = "1", ["license"] = new JsonObject { ["name"] = "MIT" } },
            ["paths"] = paths,
            ["components"] = new JsonObject
            {
                ["schemas"] = new JsonObject(records.Select(static r => KeyValuePair.Create(r.Key, (JsonNode?)r.Value))),
                ["securitySchemes"] = new JsonObject
                {
                    ["token"] = new JsonObject { ["type"] = "http", ["scheme"] = "bearer" },
                    ["key"] = new JsonObject { ["type"] = "apiKey", ["in"] = "header", ["name"] = Authenticator.KeyHeader },
                    ["cookie"] = new JsonObject { ["type"] = "apiKey", ["in"] = "cookie", ["name"] = "portolan-PORT" },
                },
            },
        };
    }

    private static JsonObject Operation(ApiRoute route, SortedDictionary<string, JsonNode> records)
    {
        var parameters = new JsonArray();
        foreach (Match match in PathParameter().Matches(route.Path))
        {
            parameters.Add(Parameter(match.Groups[1].Value, "path", null));
        }

        foreach (var parameter in route.Parameters)
        {
            parameters.Add(Parameter(parameter.Name, "query", parameter.Summary));
        }

        var answer = new JsonObject { ["description"] = route.Summary };
        if ((route.MediaType ?? (route.AnswerType is null ? null : "application/json")) is { } type)
        {
            answer["content"] = new JsonObject
            {
                [type] = route.AnswerType is { } document
                    ? new JsonObject { ["schema"] = Answer(document, route, records) } : new JsonObject(),
            };
        }

        var operation = new JsonObject
        {
            ["summary"] = route.Summary,
            ["x-scope"] = route.Scope == Scope.None ? null : ScopeWords.Of(route.Scope)[0],
            ["parameters"] = parameters,
            ["responses"] = new JsonObject
            {
                [StatusOf(route)] = answer,
                ["default"] = new JsonObject
                {
                    ["description"] = "A refusal.",
                    ["content"] = new JsonObject
                    {
                        ["application/json"] = new JsonObject { ["schema"] = Schema(typeof(ErrorDocument), records) },
                    },
                },
            },
            ["security"] = route.Scope == Scope.None
                ? new JsonArray()
                : new JsonArray(
                    new JsonObject { ["token"] = new JsonArray() },
                    new JsonObject { ["cookie"] = new JsonArray(), ["key"] = new JsonArray() }),
        };
        if (route.BodyType is { } body)
        {
            operation["requestBody"] = new JsonObject
            {
                ["required"] = true,
                ["content"] = new JsonObject { ["application/json"] = new JsonObject { ["schema"] = Schema(body, records) } },
            };
        }

        return operation;
    }

    private static JsonNode Answer(Type document, ApiRoute route, SortedDictionary<string, JsonNode> records) =>
        route.OtherAnswerType is { } other
            ? new JsonObject { ["anyOf"] = new JsonArray(Schema(document, records), Schema(other, records)) }
            : Schema(document, records);

    private static string StatusOf(ApiRoute route) => (route.Method, route.Path) switch
    {
        ("DELETE", _) => "204",
        ("POST", "/api/session" or "/api/tickets") => "201",
        _ => "200",
    };

    private static JsonObject Parameter(string name, string place, string? description) => new()
    {
        ["name"] = name,
        ["in"] = place,
        ["required"] = place == "path",
        ["description"] = description,
        ["schema"] = new JsonObject { ["type"] = "string" },
    };

    private static JsonNode Schema(Type type, SortedDictionary<string, JsonNode> records) => Options.GetJsonSchemaAsNode(
        type,
        new JsonSchemaExporterOptions
        {
            TreatNullObliviousAsNonNullable = true,
            TransformSchemaNode = (context, node) => Refer(context.TypeInfo, node, records),
        });

    // Each record is described once, under its name.
    private static JsonNode Refer(JsonTypeInfo type, JsonNode node, SortedDictionary<string, JsonNode> records)
    {
        if (type.Kind != JsonTypeInfoKind.Object || node is not JsonObject schema || type.Type.IsGenericType)
        {
            return node;
        }

        var isNullable = schema["type"] is JsonArray;
        schema["type"] = "object";
        records[type.Type.Name] = schema.DeepClone();
        var reference = new JsonObject { ["$ref"] = $"#/components/schemas/{type.Type.Name}" };
        return isNullable ? new JsonObject { ["anyOf"] = new JsonArray(reference, new JsonObject { ["type"] = "null" }) } : reference;
    }

    [GeneratedRegex(@"\{(\w+)\}")]
    private static partial Regex PathParameter();
}
