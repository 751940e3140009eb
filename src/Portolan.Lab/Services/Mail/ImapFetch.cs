using System.Globalization;
using System.Text;

namespace Portolan.Lab.Services.Mail;

/// <summary>What FETCH says of a mail (RFC 3501 sections 6.4.5 and 7.4.2). Every mail is one part of text.</summary>
internal static class ImapFetch
{
    private static readonly string[] Known = [
        "FLAGS", "UID", "INTERNALDATE", "RFC822.SIZE", "RFC822", "RFC822.HEADER", "RFC822.TEXT", "ENVELOPE", "BODY", "BODYSTRUCTURE"];

    /// <summary>The items that are asked for, macros written out; <c>null</c> when one is none.</summary>
    internal static List<string>? Items(ImapArgument argument)
    {
        var items = new List<string>();
        foreach (var item in argument.Items ?? [argument])
        {
            switch (item.Text.ToUpperInvariant())
            {
                case "ALL":
                    items.AddRange(["FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE"]);
                    break;
                case "FAST":
                    items.AddRange(["FLAGS", "INTERNALDATE", "RFC822.SIZE"]);
                    break;
                case "FULL":
                    items.AddRange(["FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE", "BODY"]);
                    break;
                case var name when Known.Contains(name) || IsSection(name):
                    items.Add(name);
                    break;
                default:
                    return null;
            }
        }

        return items.Count > 0 ? items : null;
    }

    /// <summary>Whether an item marks the mail as seen.</summary>
    internal static bool MarksSeen(string item) => item is "RFC822" or "RFC822.TEXT" || item.StartsWith("BODY[", StringComparison.Ordinal);

    /// <summary>An item with its value, as characters that stand for bytes.</summary>
    internal static string Value(string item, MailMessage mail) => item switch
    {
        "FLAGS" => $"FLAGS ({Flags(mail.Flags)})",
        "UID" => $"UID {mail.Uid}",
        "INTERNALDATE" => $"INTERNALDATE \"{mail.Arrived.ToString("dd-MMM-yyyy HH:mm:ss", CultureInfo.InvariantCulture)} +0000\"",
        "RFC822.SIZE" => $"RFC822.SIZE {mail.Content.Length}",
        "RFC822" => $"RFC822 {Literal(Encoding.Latin1.GetString(mail.Content))}",
        "RFC822.HEADER" => $"RFC822.HEADER {Literal(MailText.Header(mail.Content))}",
        "RFC822.TEXT" => $"RFC822.TEXT {Literal(Body(mail))}",
        "ENVELOPE" => $"ENVELOPE {Envelope(mail)}",
        "BODY" or "BODYSTRUCTURE" => $"{item} {Structure(mail)}",
        _ => Section(item, mail),
    };

    /// <summary>The names of flags.</summary>
    internal static string Flags(MailFlags flags) =>
        string.Join(' ', Enum.GetValues<MailFlags>().Where(f => f != MailFlags.None && flags.HasFlag(f)).Select(static f => $"\\{f}"));

    /// <summary>A string of any bytes, with its length before it.</summary>
    internal static string Literal(string text) => $"{{{text.Length}}}\r\n{text}";

    private static string Body(MailMessage mail) => Encoding.Latin1.GetString(mail.Content.AsSpan(MailText.BodyStart(mail.Content)));

    private static bool IsSection(string name)
    {
        var start = name.StartsWith("BODY[", StringComparison.Ordinal) || name.StartsWith("BODY.PEEK[", StringComparison.Ordinal);
        var end = name.IndexOf(']', StringComparison.Ordinal);
        return start && end > 0 && SectionText(name, null) is not null
            && (end == name.Length - 1 || TryPartial(name[(end + 1)..], out _, out _));
    }

    private static string Section(string item, MailMessage mail)
    {
        var end = item.IndexOf(']', StringComparison.Ordinal);
        var text = SectionText(item, mail) ?? "";
        var name = "BODY" + item[item.IndexOf('[', StringComparison.Ordinal)..(end + 1)];
        if (TryPartial(item[(end + 1)..], out var first, out var count))
        {
            text = first >= text.Length ? "" : text.Substring(first, Math.Min(count, text.Length - first));
            name += $"<{first}>";
        }

        return $"{name} {Literal(text)}";
    }

    // What a section means; without a mail, whether it means anything.
    private static string? SectionText(string item, MailMessage? mail)
    {
        var section = item[(item.IndexOf('[', StringComparison.Ordinal) + 1)..item.IndexOf(']', StringComparison.Ordinal)];
        var fields = section.StartsWith("HEADER.FIELDS", StringComparison.Ordinal);
        return section switch
        {
            "" => mail is null ? "" : Encoding.Latin1.GetString(mail.Content),
            "HEADER" => mail is null ? "" : MailText.Header(mail.Content),
            "TEXT" or "1" => mail is null ? "" : Body(mail),
            "1.MIME" => "\r\n",
            _ when fields && section.Split('(', 2) is [var kind, var list] && list.EndsWith(')')
                && kind.Trim() is "HEADER.FIELDS" or "HEADER.FIELDS.NOT" =>
                mail is null
                    ? ""
                    : SomeFields(
                        mail, list[..^1].Split(' ', StringSplitOptions.RemoveEmptyEntries),
                        isNot: kind.Trim().EndsWith("NOT", StringComparison.Ordinal)),
            _ => null,
        };
    }

    private static string SomeFields(MailMessage mail, string[] names, bool isNot) =>
        string.Concat(
            MailText.Fields(mail.Content).Where(f => names.Contains(f.Name, StringComparer.OrdinalIgnoreCase) != isNot).Select(
                static f => f.Whole + "\r\n")) + "\r\n";

    private static bool TryPartial(string text, out int first, out int count)
    {
        (first, count) = (0, 0);
        return text is ['<', .. var inner, '>'] && inner.Split('.') is [var from, var many]
            && int.TryParse(from, NumberStyles.None, CultureInfo.InvariantCulture, out first)
            && int.TryParse(many, NumberStyles.None, CultureInfo.InvariantCulture, out count);
    }

    private static string Structure(MailMessage mail)
    {
        var body = mail.Content.AsSpan(MailText.BodyStart(mail.Content));
        return $"(\"TEXT\" \"PLAIN\" (\"CHARSET\" \"UTF-8\") NIL NIL \"8BIT\" {body.Length} {body.Count((byte)'\n')})";
    }

    private static string Envelope(MailMessage mail)
    {
        var from = Addresses(mail, "From");
        return $"({Text(mail, "Date")} {Text(mail, "Subject")} {from} {Or(Addresses(mail, "Sender"), from)} "
            + $"{Or(Addresses(mail, "Reply-To"), from)} "
            + $"{Addresses(mail, "To")} {Addresses(mail, "Cc")} {Addresses(mail, "Bcc")} {Text(mail, "In-Reply-To")} "
            + $"{Text(mail, "Message-ID")})";
    }

    private static string Or(string text, string other) => text == "NIL" ? other : text;

    private static string Text(MailMessage mail, string name) => MailText.Value(mail.Content, name) is { } value ? Quoted(value) : "NIL";

    // Name, route, mailbox, host (RFC 3501 section 7.4.2).
    private static string Addresses(MailMessage mail, string name)
    {
        if (MailText.Value(mail.Content, name) is not { Length: > 0 } value)
        {
            return "NIL";
        }

        var all = value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(static one =>
        {
            var open = one.IndexOf('<', StringComparison.Ordinal);
            var person = open > 0 ? one[..open].Trim().Trim('"') : "";
            var address = open >= 0 ? one[(open + 1)..].TrimEnd('>') : one;
            var at = address.LastIndexOf('@');
            return $"({(person.Length > 0 ? Quoted(person) : "NIL")} NIL {Quoted(at < 0 ? address : address[..at])} "
                + $"{(at < 0 ? "NIL" : Quoted(address[(at + 1)..]))})";
        });
        var joined = string.Concat(all);
        return joined.Length > 0 ? $"({joined})" : "NIL";
    }

    private static string Quoted(string text) =>
        text.All(static c => c is >= ' ' and < (char)0x7f and not ('"' or '\\')) ? $"\"{text}\"" : Literal(text);
}
