using System.Text.Json;
using Portolan.Scan.Formats.Reading;
using Portolan.Store.Tables;
using Portolan.Watch.Snapshots;

namespace Portolan.Watch.Recording;

/// <summary>What a chart said is missing, among its stored rows: at port 0, which no socket holds.</summary>
public static class MissingRows
{
    /// <summary>Whether a stored row is such a fact; its body is an entry of <c>missing</c> of <c>portolan.chart/1</c>.</summary>
    public static bool Is(StoredChartRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        return row.Port == PortNumber.Zero;
    }

    /// <summary>The fact in words; <c>null</c> where the text is damaged.</summary>
    public static (string What, string Why)? Read(string body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return (JsonFields.Text(document.RootElement, "what") ?? "", JsonFields.Text(document.RootElement, "why") ?? "");
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>
    /// The facts of a chart with the namespace they are stored with: their own where the chart shows it, else the caller's.
    /// </summary>
    internal static IEnumerable<(string Space, string Body)> Of(JsonElement chart, Snapshot snapshot)
    {
        foreach (var fact in JsonFields.Items(chart, "missing"))
        {
            var space = JsonFields.Text(fact, "namespace") ?? "";
            yield return (snapshot.Hosts.ContainsKey(new HostKey(default, space)) ? space : "", fact.GetRawText());
        }
    }
}
