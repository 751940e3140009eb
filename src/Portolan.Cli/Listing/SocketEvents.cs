using Portolan.Cli.Charting;
using Portolan.Cli.Output;
using Portolan.Model;
using Portolan.Model.Documents;
using Portolan.Reachability.Documents;

namespace Portolan.Cli.Listing;

/// <summary>
/// Writes what changed between looks as JSON Lines: first a line with the schema and <c>"event":"start"</c>, then for every
/// socket <c>added</c>, <c>removed</c> or <c>changed</c>, and <c>missing</c> when other facts are missing than before. A socket changes
/// when its state, its remote end or its owners do; queues and byte counts move all the time and are no event.
/// </summary>
internal sealed class SocketEvents(Stream output)
{
    private TakenListing? _before;
    private Dictionary<SocketKey, int> _known = [];

    /// <summary>Writes what is new in a listing since the one before; in the first one everything is.</summary>
    public void Write(TakenListing now)
    {
        if (_before is null)
        {
            JsonOutput.WriteLine(output, json =>
            {
                JsonHead.WriteHead(json, SocketsDocument.Format, now.TakenAt, now.Facts.Snapshot.Lab?.Name ?? Survey.Host, now.Missing);
                json.WriteString("event"u8, "start"u8);
                SourceNotes.Write(json, now.Facts.Snapshot, now.Facts.Owners);
            });
        }
        else if (!_before.Missing.SequenceEqual(now.Missing))
        {
            JsonOutput.WriteLine(output, json =>
            {
                json.WriteString("event"u8, "missing"u8);
                json.WriteString("at"u8, TimeText.Rfc3339(now.TakenAt));
                JsonHead.WriteMissing(json, now.Missing);
            });
        }

        var (facts, rows) = (now.Facts, now.Rows);
        var known = new Dictionary<SocketKey, int>(rows.Count);
        for (var row = 0; row < rows.Count; row++)
        {
            var position = rows[row];
            var key = SocketKey.Of(facts.Snapshot, facts.Sockets[position]);
            known[key] = position;
            if (!_known.Remove(key, out var old))
            {
                WriteEvent("added", now, facts, position);
            }
            else if (IsChanged(_before!.Facts, old, facts, position))
            {
                WriteEvent("changed", now, facts, position);
            }
        }

        foreach (var position in _known.Values)
        {
            WriteEvent("removed", now, _before!.Facts, position);
        }

        (_before, _known) = (now, known);
    }

    private static bool IsChanged(SocketFacts oldFacts, int oldPosition, SocketFacts facts, int position)
    {
        ref readonly var old = ref oldFacts.Sockets[oldPosition];
        ref readonly var entry = ref facts.Sockets[position];
        return old.State != entry.State || old.RemoteAddress != entry.RemoteAddress || old.RemotePort != entry.RemotePort
            || !oldFacts.Pids(old).SequenceEqual(facts.Pids(entry));
    }

    private void WriteEvent(string name, TakenListing now, SocketFacts facts, int position) => JsonOutput.WriteLine(output, json =>
    {
        json.WriteString("event"u8, name);
        json.WriteString("at"u8, TimeText.Rfc3339(now.TakenAt));
        json.WriteStartObject("socket"u8);
        new SocketJson(facts).WriteSocket(json, facts.Sockets[position]);
        json.WriteEndObject();
    });
}
