using System.Globalization;
using System.Text;

namespace Portolan.Firewall.Changing.Table;

/// <summary>
/// Writes what Portolan has to remember into the table itself, as comments of the elements of two sets. So rules and memory change in one
/// transaction, and neither outlives the other.
/// </summary>
/// <remarks>A line that is longer than a comment goes on in the next element, which then starts with a plus sign.</remarks>
public static class NotesWriter
{
    /// <summary>The set of notes; its keys number the lines.</summary>
    public const string Notes = "notes";

    /// <summary>The set of changes that wait for confirmation, which time out; its keys are numbers of changes.</summary>
    public const string Pending = "pending";

    /// <summary>
    /// What the first line starts with; a table whose notes start otherwise is left alone. Behind it stands how many notes there are, so
    /// that one that a reading misses is missed.
    /// </summary>
    public const string Version = "portolan 1";

    /// <summary>Changes that can be undone.</summary>
    public const int LongestHistory = 30;

    /// <summary>nft takes no comment of more than 128 bytes.</summary>
    private const int LongestLine = 120;

    /// <summary>The sets of a state.</summary>
    public static IEnumerable<ImageSet> Write(OwnState state)
    {
        var pending = state.Pending.Select(change => new ImageElement((uint)change.Number, (uint)change.Number)
        {
            Timeout = change.Timeout,
            Expires = change.Remaining,
            Comment = Cut(string.Create(CultureInfo.InvariantCulture, $"change {change.Number} of {change.By}: {change.Words}")),
        }).ToList();
        if (pending.Count > 0)
        {
            yield return new ImageSet(
                Pending, SetKeyKind.Number32, "changes that end by themselves unless confirmed: portolan firewall confirm",
                pending)
            { HasTimeouts = true };
        }

        var key = 1u;
        var elements = Lines(state).SelectMany(Split).Select(line => new ImageElement(++key, key) { Comment = line }).ToList();
        elements.Insert(0, new ImageElement(1, 1) { Comment = FirstLine(elements.Count + 1, pending.Count) });
        yield return new ImageSet(Notes, SetKeyKind.Number32, "what portolan firewall show, confirm and undo go by", elements);
    }

    /// <summary>The first line of a table.</summary>
    /// <param name="notes">How many notes there are, this one too.</param>
    /// <param name="pending">How many changes among them are pending.</param>
    internal static string FirstLine(int notes, int pending) => Line($"{Version}: {notes} notes, {pending} pending");

    private static IEnumerable<string> Lines(OwnState state)
    {
        yield return Line($"last rule {state.LastRuleNumber} change {state.LastChangeNumber}");
        foreach (var rule in state.Rules)
        {
            yield return Line($"rule {rule.Number}: {rule.Words}");
        }

        var settled = state.Changes.Count(c => !c.IsPending);
        foreach (var change in state.Changes)
        {
            if (!change.IsPending && settled-- > LongestHistory)
            {
                continue;
            }

            var time = change.At.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);
            yield return Line($"change {change.Number} {(change.IsPending ? "pending" : "confirmed")} {time} ")
                + $"{Plain(change.By).Replace(' ', '_')}: {change.Words}";
            if (change.Added.Count > 0)
            {
                yield return Line($"change {change.Number} adds {string.Join(' ', change.Added)}");
            }

            foreach (var removed in change.Removed)
            {
                yield return Line($"change {change.Number} removes {removed.Rule.Number} before {removed.Before}: {removed.Rule.Words}");
            }

            if (change.Undoes.Count > 0)
            {
                yield return Line($"change {change.Number} undoes {string.Join(' ', change.Undoes)}");
            }

            if (Origin(change.Origin) is { } origin)
            {
                yield return Line($"change {change.Number} from {origin}");
            }
        }
    }

    private static string? Origin(ChangeOrigin origin) => origin.Kind switch
    {
        ChangeOriginKind.Network =>
            Line($"network {origin.Cookie} {origin.Inode} {origin.LocalAddress} {origin.LocalPort} {origin.RemoteAddress} ")
                + Line($"{origin.RemotePort}"),
        ChangeOriginKind.Console => "console " + Plain(origin.Terminal ?? "?").Replace(' ', '_'),
        _ => null,
    };

    private static IEnumerable<string> Split(string line)
    {
        var text = Plain(line);
        for (var start = 0; start == 0 || start < text.Length; start += LongestLine)
        {
            yield return string.Concat(start == 0 ? "" : "+", text.AsSpan(start, Math.Min(LongestLine, text.Length - start)));
        }
    }

    private static string Cut(string text)
    {
        var plain = Plain(text);
        return plain.Length <= LongestLine ? plain : plain[..(LongestLine - 3)] + "...";
    }

    /// <summary>Printable ASCII that means nothing inside quotes of nft.</summary>
    private static string Plain(string text)
    {
        var plain = new StringBuilder(text.Length);
        foreach (var character in text)
        {
            plain.Append(character is >= ' ' and <= '~' and not ('"' or '\\') ? character : '?');
        }

        return plain.ToString();
    }

    private static string Line(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
