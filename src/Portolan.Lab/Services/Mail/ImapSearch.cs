using System.Globalization;
using System.Text;

namespace Portolan.Lab.Services.Mail;

/// <summary>The keys of SEARCH (RFC 3501 section 6.4.4). All of them have to hold.</summary>
internal sealed class ImapSearch(IReadOnlyList<ImapArgument> keys, uint count, uint lastUid)
{
    private const int MaxDepth = 16;

    private int _at;

    /// <summary>A mail as it is looked at: its number, and itself.</summary>
    internal delegate bool Condition(uint number, MailMessage mail);

    /// <summary>Reads all keys; <c>null</c> when one is none.</summary>
    internal static Condition? Parse(IReadOnlyList<ImapArgument> keys, uint count, uint lastUid, int depth = 0)
    {
        if (keys is [{ Text: var first }, _, ..] && first.Equals("CHARSET", StringComparison.OrdinalIgnoreCase))
        {
            keys = [.. keys.Skip(2)];
        }

        var search = new ImapSearch(keys, count, lastUid);
        var all = new List<Condition>();
        while (search._at < keys.Count)
        {
            if (search.Next(depth) is not { } condition)
            {
                return null;
            }

            all.Add(condition);
        }

        return all.Count == 0 ? null : (number, mail) => all.TrueForAll(c => c(number, mail));
    }

    private Condition? Next(int depth)
    {
        if (_at >= keys.Count || depth > MaxDepth)
        {
            return null;
        }

        var key = keys[_at++];
        if (key.Items is { } inner)
        {
            return Parse(inner, count, lastUid, depth + 1);
        }

        switch (key.Text.ToUpperInvariant())
        {
            case "ALL" or "OLD":
                return (_, _) => true;
            case "NEW" or "RECENT":
                return (_, _) => false;
            case var name when Enum.TryParse<MailFlags>(name, ignoreCase: true, out var flag) && !char.IsAsciiDigit(name[0]):
                return (_, mail) => mail.Flags.HasFlag(flag);
            case var name
                when name.StartsWith("UN", StringComparison.Ordinal) && Enum.TryParse<MailFlags>(name[2..], ignoreCase: true, out var flag):
                return (_, mail) => !mail.Flags.HasFlag(flag);
            case "NOT":
                return Next(depth + 1) is { } not ? (number, mail) => !not(number, mail) : null;
            case "OR":
                return Next(depth + 1) is { } left && Next(depth + 1) is { } right
                    ? (number, mail) => left(number, mail) || right(number, mail)
                    : null;
            case "FROM" or "TO" or "CC" or "BCC" or "SUBJECT":
                var field = key.Text;
                return Text() is { } part ? (_, mail) => Has(MailText.Value(mail.Content, field), part) : null;
            case "HEADER":
                return Text() is { } header && Text() is { } value ? (_, mail) => Has(MailText.Value(mail.Content, header), value) : null;
            case "BODY":
                return Text() is { } body
                    ? (_, mail) => Has(Encoding.Latin1.GetString(mail.Content.AsSpan(MailText.BodyStart(mail.Content))), body)
                    : null;
            case "TEXT":
                return Text() is { } text ? (_, mail) => Has(Encoding.Latin1.GetString(mail.Content), text) : null;
            case "LARGER":
                return Number() is { } larger ? (_, mail) => mail.Content.Length > larger : null;
            case "SMALLER":
                return Number() is { } smaller ? (_, mail) => mail.Content.Length < smaller : null;
            case "SINCE" or "SENTSINCE":
                return Date() is { } since ? (_, mail) => mail.Arrived.UtcDateTime.Date >= since : null;
            case "BEFORE" or "SENTBEFORE":
                return Date() is { } before ? (_, mail) => mail.Arrived.UtcDateTime.Date < before : null;
            case "ON" or "SENTON":
                return Date() is { } on ? (_, mail) => mail.Arrived.UtcDateTime.Date == on : null;
            case "UID":
                return Text() is { } uids && ImapSet.TryParse(uids, lastUid, out var hasUid) ? (_, mail) => hasUid(mail.Uid) : null;
            case var set when ImapSet.TryParse(set, count, out var has):
                return (number, _) => has(number);
            default:
                return null;
        }
    }

    private static bool Has(string? text, string part) => text?.Contains(part, StringComparison.OrdinalIgnoreCase) == true;

    private string? Text() => _at < keys.Count && keys[_at].Items is null ? keys[_at++].Text : null;

    private long? Number() => long.TryParse(Text(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private DateTime? Date() =>
        DateTime.TryParseExact(Text(), "d-MMM-yyyy", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date) ? date : null;
}
