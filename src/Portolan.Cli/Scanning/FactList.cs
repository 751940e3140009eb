using System.Text.Json;
using Portolan.Cli.Hosting;
using Portolan.Cli.Output;
using Portolan.Model;
using Portolan.Model.Documents;
using Portolan.Scan.Identification.Facts;

namespace Portolan.Cli.Scanning;

/// <summary>
/// The facts of <c>-sC</c> (<c>--list-facts</c>): what each asks, of which services, and whether it uses a name or password.
/// </summary>
internal static class FactList
{
    /// <summary>The name and version of the format.</summary>
    public const string Schema = "portolan.facts/1";

    private static readonly TableColumn[] Columns =
        [new("FACT"), new("OVER"), new("SERVICES", Shrinks: true), new("CREDENTIALS", Shrinks: true), new("ASKS", Shrinks: true)];

    /// <summary>Prints them in the order of their names.</summary>
    public static void Write(IEnumerable<ServiceFact> chosen, CommandContext context)
    {
        var facts = chosen.OrderBy(static fact => fact.Id, StringComparer.Ordinal).ToList();
        if (!context.Json)
        {
            TextTable.Write(context.Writer, Columns, new Rows(facts), context.OutputColor, context.OutputWidth);
            return;
        }

        JsonOutput.WriteDocument(context.Output, json =>
        {
            json.WriteString("schema"u8, Schema);
            json.WriteStartArray("facts"u8);
            foreach (var fact in facts)
            {
                json.WriteStartObject();
                json.WriteString("id"u8, fact.Id);
                WriteTexts(json, "over"u8, fact.Transports.Select(static transport => transport.Name()));
                WriteTexts(json, "services"u8, fact.Services);
                json.WriteString("asks"u8, fact.Asks);
                json.WriteString("credentials"u8, fact.Credentials);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
    }

    private static void WriteTexts(Utf8JsonWriter json, ReadOnlySpan<byte> name, IEnumerable<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }

    private readonly struct Rows(List<ServiceFact> facts) : ITableRows
    {
        public int Count => facts.Count;

        public AnsiStyle WriteCell(int row, int column, Utf8Writer cell)
        {
            var fact = facts[row];
            cell.Write(column switch
            {
                0 => fact.Id,
                1 => string.Join(", ", fact.Transports.Select(static transport => transport.Name())),
                2 => string.Join(", ", fact.Services),
                3 => fact.Credentials ?? "-",
                _ => fact.Asks,
            });
            return column == 3 && fact.Credentials is not null ? AnsiStyle.Yellow : AnsiStyle.None;
        }
    }
}
