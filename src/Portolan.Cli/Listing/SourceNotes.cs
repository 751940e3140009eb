using System.Text.Json;
using Portolan.Model;
using Portolan.Sockets;
using Portolan.Sockets.Owners;

namespace Portolan.Cli.Listing;

/// <summary>Says where the sockets and their owners were read from.</summary>
internal static class SourceNotes
{
    private const string Usual = "netlink";

    /// <summary>Writes <c>sources</c>, and <c>ownerSource</c>: <c>null</c> when owners were not looked for.</summary>
    public static void Write(Utf8JsonWriter json, SocketSnapshot snapshot, OwnerMap? owners)
    {
        json.WriteStartArray("sources"u8);
        foreach (var note in snapshot.Sources)
        {
            json.WriteStartObject();
            json.WriteStartArray("protocols"u8);
            foreach (var protocol in note.Protocols.Each())
            {
                json.WriteStringValue(protocol.Name());
            }

            json.WriteEndArray();
            json.WriteString("source"u8, note.Source);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteString("ownerSource"u8, owners?.Source);
    }

    /// <summary>One line for each source that is not the usual one. Netlink needs no word.</summary>
    public static List<string> Lines(SocketSnapshot snapshot)
    {
        var lines = new List<string>();
        for (var i = 0; i < snapshot.Sources.Count; i++)
        {
            var note = snapshot.Sources[i];
            if (note.Source is not (Usual or SocketSourceNote.Absent or SocketSourceNote.FromLab))
            {
                var kinds = string.Join(", ", note.Protocols.Each().Select(p => p.Name()));
                lines.Add($"{kinds} sockets: read from {note.Source}, not over netlink");
            }
        }

        return lines;
    }
}
