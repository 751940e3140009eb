using System.Text.Json;
using Portolan.Scan.Identification.Facts;

namespace Portolan.Scan.Formats;

/// <summary>The facts of a port in JSON: <c>facts</c>, each with its name, its lines, and its fields as an object or an array.</summary>
internal static class FactJson
{
    /// <summary>Writes the field.</summary>
    public static void Write(Utf8JsonWriter json, IReadOnlyList<Fact>? facts)
    {
        if (facts is null)
        {
            json.WriteNull("facts"u8);
            return;
        }

        json.WriteStartArray("facts"u8);
        foreach (var fact in facts)
        {
            json.WriteStartObject();
            json.WriteString("id"u8, fact.Id);
            json.WriteString("output"u8, fact.Output);
            json.WritePropertyName("fields"u8);
            if (fact.Fields is { } fields)
            {
                Write(json, fields);
            }
            else
            {
                json.WriteNullValue();
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    // An object where all have a key.
    private static void Write(Utf8JsonWriter json, IReadOnlyList<FactField> fields)
    {
        var isObject = fields.Count > 0 && fields.All(static field => field.Key is not null);
        if (isObject)
        {
            json.WriteStartObject();
        }
        else
        {
            json.WriteStartArray();
        }

        foreach (var field in fields)
        {
            if (isObject)
            {
                json.WritePropertyName(field.Key!);
            }

            switch (field.Kind)
            {
                case FactKind.Table:
                    Write(json, field.Items);
                    break;
                case FactKind.Number when long.TryParse(field.Text, System.Globalization.NumberStyles.AllowLeadingSign,
                    System.Globalization.CultureInfo.InvariantCulture, out var number):
                    json.WriteNumberValue(number);
                    break;
                case FactKind.Flag:
                    json.WriteBooleanValue(field.Text == "true");
                    break;
                default:
                    json.WriteStringValue(field.Text);
                    break;
            }
        }

        if (isObject)
        {
            json.WriteEndObject();
        }
        else
        {
            json.WriteEndArray();
        }
    }
}
