using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Portolan.Firewall.Changing.Table;

/// <summary>
/// Reads the lines that <see cref="NotesWriter"/> wrote. Never throws: what does not read as a note makes the whole unreadable.
/// </summary>
public sealed class NotesReader
{
    private readonly List<OwnRule> _rules = [];
    private readonly List<OwnChange> _changes = [];
    private int _lastRule;
    private int _lastChange;

    private NotesReader()
    {
    }

    /// <summary>Reads the lines in order.</summary>
    /// <param name="elements">The comments, in the order of their keys.</param>
    /// <param name="state">The state without times; changes that were pending have a timeout of zero.</param>
    /// <returns>Whether all lines are notes, and as many as the first one says.</returns>
    public static bool TryRead(IEnumerable<string> elements, [NotNullWhen(true)] out OwnState? state)
    {
        state = null;
        var lines = new List<string>();
        var count = 0;
        foreach (var element in elements)
        {
            count++;
            if (!element.StartsWith('+'))
            {
                lines.Add(element);
            }
            else if (lines.Count > 0)
            {
                lines[^1] += element[1..];
            }
        }

        var reader = new NotesReader();
        if (lines.Count == 0 || !lines.Skip(1).All(reader.TryTake))
        {
            return false;
        }

        // Tables that were written before notes were counted say the version alone.
        if (lines[0] != NotesWriter.Version && lines[0] != NotesWriter.FirstLine(count, reader._changes.Count(c => c.IsPending)))
        {
            return false;
        }

        state = new OwnState
        {
            Rules = reader._rules,
            Changes = reader._changes,
            LastRuleNumber = reader._lastRule,
            LastChangeNumber = reader._lastChange,
        };
        return true;
    }

    private bool TryTake(string line)
    {
        // An address may end in a colon; only words of a command stand behind one.
        var colon = line.Split(' ') is ["change", _, "from", ..] ? -1 : line.IndexOf(": ", StringComparison.Ordinal);
        var tail = colon < 0 ? "" : line[(colon + 2)..];
        var words = (colon < 0 ? line : line[..colon]).Split(' ');
        return words switch
        {
            ["last", "rule", var rule, "change", var change] => TryNumber(rule, out _lastRule) && TryNumber(change, out _lastChange),
            ["rule", var number] => TryNumber(number, out var rule) && RuleWords.TryParse(rule, tail, out var parsed) && Add(parsed),
            ["change", var number, "adds", .. var rules] => TryChange(number, c => c with { Added = [.. rules.Select(Number)] }),
            ["change", var number, "removes", var rule, "before", var before] =>
                RuleWords.TryParse(Number(rule), tail, out var parsed)
                && TryChange(number, c => c with { Removed = [.. c.Removed, new RemovedRule(parsed, Number(before))] }),
            ["change", var number, "undoes", .. var others] => TryChange(number, c => c with { Undoes = [.. others.Select(Number)] }),
            ["change", var number, "from", "console", var terminal] =>
                TryChange(number, c => c with { Origin = new ChangeOrigin(ChangeOriginKind.Console) { Terminal = terminal } }),
            ["change", var number, "from", "network", .. var origin] =>
                TryOrigin(origin, out var parsed) && TryChange(number, c => c with { Origin = parsed }),
            ["change", var number, "pending" or "confirmed", var time, var by] => TryStart(number, words[2] == "pending", time, by, tail),
            _ => false,
        };
    }

    private bool TryStart(string number, bool isPending, string time, string by, string words)
    {
        if (!TryNumber(number, out var change)
            || !DateTimeOffset.TryParse(time, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at))
        {
            return false;
        }

        _changes.Add(new OwnChange(change, words, at, by) { Timeout = isPending ? TimeSpan.Zero : null });
        return true;
    }

    private bool TryChange(string number, Func<OwnChange, OwnChange> edit)
    {
        if (_changes.Count == 0 || !TryNumber(number, out var change) || _changes[^1].Number != change)
        {
            return false;
        }

        _changes[^1] = edit(_changes[^1]);
        return true;
    }

    private static bool TryOrigin(string[] words, out ChangeOrigin origin)
    {
        origin = ChangeOrigin.Unknown;
        if (words is not [var cookie, var inode, var local, var localPort, var remote, var remotePort]
            || !ulong.TryParse(cookie, NumberStyles.None, CultureInfo.InvariantCulture, out var cookieNumber)
            || !uint.TryParse(inode, NumberStyles.None, CultureInfo.InvariantCulture, out var inodeNumber)
            || !InternetAddress.TryParse(local, out var localAddress)
            || !InternetAddress.TryParse(remote, out var remoteAddress)
            || !PortNumber.TryParse(localPort, out var localNumber)
            || !PortNumber.TryParse(remotePort, out var remoteNumber))
        {
            return false;
        }

        origin = new ChangeOrigin(ChangeOriginKind.Network)
        {
            Cookie = cookieNumber,
            Inode = inodeNumber,
            LocalAddress = localAddress,
            LocalPort = localNumber.Value,
            RemoteAddress = remoteAddress,
            RemotePort = remoteNumber.Value,
        };
        return true;
    }

    private bool Add(OwnRule rule)
    {
        _rules.Add(rule);
        return true;
    }

    private static int Number(string text) => TryNumber(text, out var number) ? number : 0;

    private static bool TryNumber(string text, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
