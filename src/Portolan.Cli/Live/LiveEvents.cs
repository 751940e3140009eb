using Portolan.Cli.Charting;
using Portolan.Cli.Output;
using Portolan.Model;
using Portolan.Model.Documents;
using Portolan.Sockets.Chart;
using Portolan.Sockets.Documents;

namespace Portolan.Cli.Live;

/// <summary>
/// Writes what changed between looks as JSON Lines: first a line with the schema and <c>"event":"start"</c>, then for every port
/// <c>added</c>, <c>changed</c> or <c>removed</c>, and <c>missing</c> when other facts are missing than before. A port changes when its
/// process, its binds or its reach do; connections and byte counts move all the time and are no event.
/// </summary>
internal sealed class LiveEvents(Stream output, ChartFilter filter)
{
    private IReadOnlyList<MissingFact>? _missing;
    private Dictionary<LiveRowKey, (LiveRow Row, MachineFacts Facts)> _known = [];

    /// <summary>Writes what is new in a look; in the first one everything is.</summary>
    public void Write(LiveLook look)
    {
        if (_missing is null)
        {
            JsonOutput.WriteLine(output, json =>
            {
                JsonHead.WriteHead(json, ChartDocument.Format, look.At, Survey.Host, look.Missing);
                json.WriteString("event"u8, "start"u8);
            });
        }
        else if (!_missing.SequenceEqual(look.Missing))
        {
            JsonOutput.WriteLine(output, json =>
            {
                json.WriteString("event"u8, "missing"u8);
                json.WriteString("at"u8, TimeText.Rfc3339(look.At));
                JsonHead.WriteMissing(json, look.Missing);
            });
        }

        _missing = look.Missing;
        var known = new Dictionary<LiveRowKey, (LiveRow Row, MachineFacts Facts)>(look.Chart.Rows.Count);
        foreach (var (key, row) in LiveRowKey.Of(look.Chart, look.Facts).Where(r => filter.Matches(r.Row)))
        {
            if (!_known.Remove(key, out var before))
            {
                WriteEvent("added", look.At, row, look.Facts);
                known[key] = (new LiveRow(key, row, LiveMark.None, null, row), look.Facts);
                continue;
            }

            var next = before.Row.Next(row, look.At, look.At);
            if (next.Mark == LiveMark.Changed)
            {
                WriteEvent("changed", look.At, row, look.Facts);
            }

            known[key] = (next with { Mark = LiveMark.None, Since = null }, look.Facts);
        }

        foreach (var (row, facts) in _known.Values)
        {
            WriteEvent("removed", look.At, row.Row, facts);
        }

        _known = known;
    }

    private void WriteEvent(string name, DateTimeOffset at, ChartRow row, MachineFacts facts) => JsonOutput.WriteLine(output, json =>
    {
        json.WriteString("event"u8, name);
        json.WriteString("at"u8, TimeText.Rfc3339(at));
        json.WritePropertyName("port"u8);
        System.Text.Json.JsonSerializer.Serialize(
            json, ChartRowRecord.Of(row, facts), Portolan.Reachability.Documents.ReachabilityDocuments.Default.ChartRowRecord);
    });
}
