using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Portolan.Model;
using Portolan.Scan.Results;

namespace Portolan.Scan.Formats;

/// <summary>What differs between vantage points, for people.</summary>
public static class DisagreementText
{
    private const string Gap = "  ";

    /// <summary>
    /// A table of the ports with their state at each vantage point, and how many more differ; one line when nothing does.
    /// </summary>
    public static string Of(VantageComparison comparison)
    {
        ArgumentNullException.ThrowIfNull(comparison);
        var rows = new List<string[]>();
        foreach (var row in comparison.Disagreements())
        {
            rows.Add(
            [
                row.Address.ToString(), string.Create(CultureInfo.InvariantCulture, $"{row.Port.Port.Value}/{row.Port.Protocol.Name()}"),
                .. row.States.Select(static state => state?.Name() ?? "-"),
            ]);
        }

        var others = comparison.CountOthers();
        var text = new StringBuilder("\n");
        if (rows.Count == 0)
        {
            text.Append("All zones see the same open ports.\n");
        }
        else
        {
            text.Append("What differs (- is a host that was not found up, or a port that was not probed):\n\n");
            rows.Insert(0, ["HOST", "PORT", .. comparison.Names.Select(static name => $"FROM {TerminalText.Escape(name)}")]);
            var widths = Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length)).ToArray();
            foreach (var row in rows)
            {
                text.Append(string.Join(Gap, row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd()).Append('\n');
            }
        }

        if (others > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"{others:N0} more {(others == 1 ? "port is" : "ports are")} ")
                .Append("closed from one zone and filtered from another; --all-states shows them\n");
        }

        return text.ToString();
    }
}

/// <summary>The same as lines of <c>portolan.scan/1</c>, after the scans themselves.</summary>
public static class DisagreementJson
{
    /// <summary>Writes a line for each port.</summary>
    public static void Write(Stream output, VantageComparison comparison, JavaScriptEncoder encoder)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(comparison);
        var names = comparison.Names;
        foreach (var row in comparison.Disagreements())
        {
            using (var json = new Utf8JsonWriter(output, new JsonWriterOptions { Encoder = encoder }))
            {
                json.WriteStartObject();
                json.WriteString("event"u8, "disagreement"u8);
                json.WriteString("address"u8, row.Address.ToString());
                json.WriteString("protocol"u8, row.Port.Protocol.Name());
                json.WriteNumber("port"u8, row.Port.Port.Value);
                json.WriteStartArray("states"u8);
                for (var i = 0; i < names.Count; i++)
                {
                    json.WriteStartObject();
                    json.WriteString("vantage"u8, names[i]);
                    json.WriteString("state"u8, row.States[i]?.Name());
                    json.WriteEndObject();
                }

                json.WriteEndArray();
                json.WriteEndObject();
            }

            output.WriteByte((byte)'\n');
        }

        output.Flush();
    }
}
