namespace Portolan.Lab.Services.Mail;

/// <summary>A mailbox that a client has selected: the mails he knows of, by number, and what he does with them.</summary>
internal sealed class ImapSelected
{
    private const string AllFlags = "\\Answered \\Flagged \\Deleted \\Seen \\Draft";

    private readonly LineTalk _talk;
    private readonly Mailbox _box;
    private readonly bool _isReadOnly;
    private List<MailMessage> _mails;

    internal ImapSelected(LineTalk talk, Mailbox box, bool isReadOnly) =>
        (_talk, _box, _isReadOnly, _mails) = (talk, box, isReadOnly, [.. box.Look()]);

    private uint LastUid => _mails.Count > 0 ? _mails[^1].Uid : 0;

    /// <summary>Flags in parentheses; <c>null</c> when there are none, or an unknown one.</summary>
    internal static MailFlags? FlagsOf(ImapArgument? argument)
    {
        if (argument is null)
        {
            return null;
        }

        var flags = MailFlags.None;
        foreach (var item in argument.Items ?? [argument])
        {
            if (!item.Text.StartsWith('\\') || item.Text.Length < 2 || char.IsAsciiDigit(item.Text[1])
                || !Enum.TryParse<MailFlags>(item.Text[1..], ignoreCase: true, out var flag))
            {
                return null;
            }

            flags |= flag;
        }

        return flags;
    }

    /// <summary>What is said when it is selected.</summary>
    internal void Greet()
    {
        _talk.WriteLine($"* FLAGS ({AllFlags})");
        _talk.WriteLine($"* {_mails.Count} EXISTS");
        _talk.WriteLine("* 0 RECENT");
        var unseen = _mails.FindIndex(static m => !m.Flags.HasFlag(MailFlags.Seen));
        if (unseen >= 0)
        {
            _talk.WriteLine($"* OK [UNSEEN {unseen + 1}] the first that was not seen");
        }

        _talk.WriteLine($"* OK [PERMANENTFLAGS ({(_isReadOnly ? "" : AllFlags)})] these stay");
        _talk.WriteLine($"* OK [UIDNEXT {_box.NextUid}] the next");
        _talk.WriteLine("* OK [UIDVALIDITY 1] as long as the lab runs");
    }

    /// <summary>Reports mails that were added or removed since the last report.</summary>
    internal void Update()
    {
        var now = _box.Look();
        var left = now.Select(static m => m.Uid).ToHashSet();
        for (var i = _mails.Count - 1; i >= 0; i--)
        {
            if (!left.Contains(_mails[i].Uid))
            {
                _talk.WriteLine($"* {i + 1} EXPUNGE");
                _mails.RemoveAt(i);
            }
        }

        if (now.Length != _mails.Count)
        {
            _talk.WriteLine($"* {now.Length} EXISTS");
        }

        _mails = [.. now];
    }

    /// <summary>Throws away what is marked as deleted.</summary>
    internal void Expunge(bool tells)
    {
        if (!_isReadOnly)
        {
            _box.Remove(static m => m.Flags.HasFlag(MailFlags.Deleted));
        }

        if (tells)
        {
            Update();
        }
    }

    /// <summary>Does a command.</summary>
    /// <returns>The answer without its tag; <c>null</c> when there is no such command.</returns>
    internal async Task<string?> DoAsync(ImapCommand command, CancellationToken cancellationToken)
    {
        var byUid = command.Name == "UID";
        var name = byUid ? command.Argument(0).ToUpperInvariant() : command.Name;
        var arguments = byUid ? [.. command.Arguments.Skip(1)] : command.Arguments;
        var answer = name switch
        {
            "FETCH" => await FetchAsync(arguments, byUid, cancellationToken),
            "STORE" => Store(arguments, byUid),
            "SEARCH" => Search(arguments, byUid),
            "EXPUNGE" when !byUid => "OK",
            _ => null,
        };
        if (name == "EXPUNGE" && answer is not null)
        {
            Expunge(tells: true);
        }
        else if (byUid && answer is not null)
        {
            // Numbers must not move under commands that use them (RFC 3501 section 7.4.1).
            Update();
        }

        return answer;
    }

    private async Task<string?> FetchAsync(IReadOnlyList<ImapArgument> arguments, bool byUid, CancellationToken cancellationToken)
    {
        if (arguments.Count < 2 || !TrySelect(arguments[0].Text, byUid, out var chosen) || ImapFetch.Items(arguments[1]) is not { } items)
        {
            return "BAD FETCH set items";
        }

        if (byUid && !items.Contains("UID"))
        {
            items.Insert(0, "UID");
        }

        var marks = !_isReadOnly && items.Exists(ImapFetch.MarksSeen);
        foreach (var i in chosen)
        {
            if (marks && !_mails[i].Flags.HasFlag(MailFlags.Seen))
            {
                _mails[i] = _box.SetFlags(_mails[i].Uid, static f => f | MailFlags.Seen) ?? _mails[i];
            }

            _talk.WriteLine($"* {i + 1} FETCH ({string.Join(' ', items.Select(item => ImapFetch.Value(item, _mails[i])))})");
            await _talk.FlushIfLongAsync(cancellationToken);
        }

        return "OK";
    }

    private string Store(IReadOnlyList<ImapArgument> arguments, bool byUid)
    {
        if (arguments.Count < 3 || !TrySelect(arguments[0].Text, byUid, out var chosen)
            || FlagsOf(arguments.Count == 3 ? arguments[2] : new ImapArgument("", [.. arguments.Skip(2)])) is not { } flags)
        {
            return "BAD STORE set FLAGS (flags)";
        }

        if (_isReadOnly)
        {
            return "NO [READ-ONLY] the mailbox was opened to be looked at only";
        }

        var how = arguments[1].Text.ToUpperInvariant();
        Func<MailFlags, MailFlags>? change = how.Replace(".SILENT", "", StringComparison.Ordinal) switch
        {
            "FLAGS" => _ => flags,
            "+FLAGS" => old => old | flags,
            "-FLAGS" => old => old & ~flags,
            _ => null,
        };
        if (change is null)
        {
            return "BAD FLAGS, +FLAGS or -FLAGS";
        }

        foreach (var i in chosen)
        {
            _mails[i] = _box.SetFlags(_mails[i].Uid, change) ?? _mails[i];
            if (!how.EndsWith(".SILENT", StringComparison.Ordinal))
            {
                _talk.WriteLine($"* {i + 1} FETCH ({(byUid ? $"UID {_mails[i].Uid} " : "")}FLAGS ({ImapFetch.Flags(_mails[i].Flags)}))");
            }
        }

        return "OK";
    }

    private string Search(IReadOnlyList<ImapArgument> arguments, bool byUid)
    {
        if (ImapSearch.Parse(arguments, (uint)_mails.Count, LastUid) is not { } condition)
        {
            return "BAD SEARCH keys";
        }

        var found = _mails.Select(static (mail, i) => (Number: (uint)i + 1, Mail: mail)).Where(m => condition(m.Number, m.Mail)).Select(
            m => byUid ? m.Mail.Uid : m.Number);
        _talk.WriteLine($"* SEARCH{string.Concat(found.Select(static n => $" {n}"))}");
        return "OK";
    }

    private bool TrySelect(string set, bool byUid, out List<int> chosen)
    {
        chosen = [];
        if (!ImapSet.TryParse(set, byUid ? LastUid : (uint)_mails.Count, out var contains))
        {
            return false;
        }

        chosen.AddRange(Enumerable.Range(0, _mails.Count).Where(i => contains(byUid ? _mails[i].Uid : (uint)i + 1)));
        return true;
    }
}
