using System.Globalization;
using Portolan.Lab.Running.Wire;
using Portolan.Transport;

namespace Portolan.Lab.Scenarios;

/// <summary>
/// Packets as a ladder: a column for each machine at an end of one, time going down. A packet that crosses several networks is one arrow, drawn when it arrives; one
/// that does not arrive ends in an <c>x</c> at the machine that dropped it.
/// </summary>
internal static class LadderText
{
    /// <summary>The fewest characters between two columns.</summary>
    private const int LeastGap = 22;

    private const int TimeWidth = 13;

    /// <summary>A note that would go further stands on a line of its own.</summary>
    private const int Width = 115;

    internal static List<string> Lines(IReadOnlyList<PacketRecord> packets, Func<InternetAddress, string?> nameOf, Instant start, int most, List<string> known)
    {
        var rungs = packets.Select(p => Rung.Of(p, nameOf)).OfType<Rung>().ToList();
        if (rungs.Count == 0 || most == 0)
        {
            return [];
        }

        var hidden = Math.Max(0, rungs.Count - most);
        rungs = rungs.Count > most ? [.. rungs.Take(most)] : rungs;

        // Machines keep their order from step to step.
        known.AddRange(rungs.SelectMany(static r => new[] { r.From, r.To }).Distinct().Except(known).ToList());
        List<string> columns = [.. known.Where(name => rungs.Exists(r => r.From == name || r.To == name))];
        var gap = Math.Max(LeastGap, rungs.Max(static r => r.Label.Length) + 8);
        var lines = new List<string> { new string(' ', TimeWidth) + string.Concat(columns.Select(c => c.PadRight(gap))).TrimEnd() };
        foreach (var rung in rungs)
        {
            var (line, note) = Draw(rung, columns, gap, start);
            if (note.Length == 0)
            {
                lines.Add(line);
            }
            else if (line.Length + 2 + note.Length <= Width)
            {
                lines.Add($"{line}  {note}");
            }
            else
            {
                lines.AddRange([line, $"{new string(' ', TimeWidth)}{note}"]);
            }
        }

        lines.AddRange(rungs.Count == 0 || hidden == 0 ? [] : [$"{new string(' ', TimeWidth)}... and {hidden} more"]);
        return lines;
    }

    private static (string Line, string Note) Draw(in Rung rung, List<string> columns, int gap, Instant start)
    {
        var (from, to) = (columns.IndexOf(rung.From), columns.IndexOf(rung.To));
        var line = new char[((columns.Count - 1) * gap) + 1];
        Array.Fill(line, ' ');
        for (var column = 0; column < columns.Count; column++)
        {
            line[column * gap] = '|';
        }

        var time = string.Create(CultureInfo.InvariantCulture, $"{(rung.Time - start).TotalMilliseconds,9:0.000} ms");
        if (from == to)
        {
            return ($"{time} {new string(line)}  {rung.Label}".TrimEnd(), rung.Note);
        }

        var (left, right) = (Math.Min(from, to) * gap, Math.Max(from, to) * gap);
        for (var at = left + 1; at < right; at++)
        {
            line[at] = '-';
        }

        line[from < to ? right - 1 : left + 1] = rung.Arrives ? (from < to ? '>' : '<') : 'x';
        var label = $" {rung.Label} ";
        label.CopyTo(0, line, left + ((right - left - label.Length) / 2) + 1, label.Length);
        return ($"{time} {new string(line)}".TrimEnd(), rung.Note);
    }

    private readonly record struct Rung(Instant Time, string From, string To, string Label, bool Arrives, string Note)
    {
        /// <summary>A packet as it is drawn; <c>null</c> while it is on its way.</summary>
        internal static Rung? Of(PacketRecord packet, Func<InternetAddress, string?> nameOf)
        {
            if (packet.Fate == PacketFate.PassedOn || !PacketHeads.TryRead(packet.Bytes, out var heads))
            {
                return null;
            }

            var from = nameOf(heads.Source) ?? packet.From;
            var wanted = nameOf(heads.Destination) ?? packet.To ?? $"{heads.Destination}";
            var arrives = packet.Fate is PacketFate.Taken or PacketFate.Refused;
            var isAtEnd = arrives || packet.To == wanted;
            var to = isAtEnd || packet.Fate is PacketFate.Lost or PacketFate.Nobody ? wanted : packet.To ?? wanted;
            var note = packet.Fate switch
            {
                PacketFate.Lost => packet.Why ?? "lost",
                PacketFate.Taken => "",
                _ => packet.Why ?? "",
            };
            return new Rung(packet.Time, from, packet.Fate == PacketFate.Refused ? packet.To ?? to : to, PacketLabel.Of(packet.Bytes), arrives && packet.Fate == PacketFate.Taken, note);
        }
    }
}
