using System.Text;

namespace Portolan.Scan.Identification;

/// <summary>
/// Looks into replies that are text. The bytes are a stranger's: nothing here throws, and what becomes text is short and printable.
/// </summary>
internal static class ReplyText
{
    /// <summary>
    /// The bytes as text: UTF-8 where it is that, white space at both ends left out, what is not printable as <c>?</c>; <c>null</c> where
    /// nothing is left.
    /// </summary>
    public static string? Of(ReadOnlySpan<byte> bytes) => Of(bytes, IdentifiedService.MaxTextLength);

    /// <summary>The same with another limit.</summary>
    public static string? Of(ReadOnlySpan<byte> bytes, int limit)
    {
        bytes = bytes.Trim(" \t\r\n\0"u8);
        if (bytes.Length > 4 * limit)
        {
            bytes = bytes[..(4 * limit)];
        }

        if (bytes.IsEmpty)
        {
            return null;
        }

        return Clean(Encoding.UTF8.GetString(bytes), limit).Trim() is { Length: > 0 } all ? all : null;
    }

    /// <summary>
    /// The text of an element of HTML as a browser shows it: runs of ASCII white space (tab, line feed, form feed, carriage return, space)
    /// are one space, and none is at the ends; what is not printable is <c>?</c>. <c>null</c> where nothing is left.
    /// </summary>
    /// <param name="bytes">What stands between the tags.</param>
    /// <param name="limit">The most characters that are kept.</param>
    public static string? Collapsed(ReadOnlySpan<byte> bytes, int limit)
    {
        var kept = new byte[Math.Min(bytes.Length, 4 * limit)];
        var length = 0;
        var isGap = false;
        foreach (var one in bytes)
        {
            if (one is (byte)' ' or (byte)'\t' or (byte)'\n' or (byte)'\f' or (byte)'\r')
            {
                isGap = length > 0;
                continue;
            }

            if (length + (isGap ? 2 : 1) > kept.Length)
            {
                break;
            }

            if (isGap)
            {
                kept[length++] = (byte)' ';
                isGap = false;
            }

            kept[length++] = one;
        }

        return length == 0 ? null : Clean(Encoding.UTF8.GetString(kept, 0, length), limit);
    }

    /// <summary>A text with <c>?</c> for each character that is not printable.</summary>
    /// <param name="text">A stranger's.</param>
    /// <param name="limit">The most characters that are kept.</param>
    public static string Clean(string text, int limit)
    {
        var clean = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            if (clean.Length + rune.Utf16SequenceLength > limit)
            {
                break;
            }

            clean.Append(IsPrintable(rune) ? rune.ToString() : "?");
        }

        return clean.ToString();
    }

    /// <summary>The first line, without its end; all of it where no line ends.</summary>
    public static ReadOnlySpan<byte> FirstLine(ReadOnlySpan<byte> bytes) =>
        bytes.IndexOf((byte)'\n') is >= 0 and var end ? bytes[..end].TrimEnd((byte)'\r') : bytes;

    public static bool HasLine(ReadOnlySpan<byte> bytes) => bytes.Contains((byte)'\n');

    /// <summary>Takes the next line off; <c>false</c> when none is left.</summary>
    public static bool TryLine(scoped ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> line)
    {
        if (rest.IsEmpty)
        {
            line = default;
            return false;
        }

        var end = rest.IndexOf((byte)'\n');
        line = (end < 0 ? rest : rest[..end]).TrimEnd((byte)'\r');
        rest = end < 0 ? default : rest[(end + 1)..];
        return true;
    }

    /// <summary>What stands behind a word, up to the first of the ends; <c>null</c> where the word is not there.</summary>
    /// <param name="bytes">Where to look.</param>
    /// <param name="word">The word, in this case.</param>
    /// <param name="ends">What ends it; a line's end always does.</param>
    public static string? Behind(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> word, ReadOnlySpan<byte> ends)
    {
        var at = bytes.IndexOf(word);
        if (at < 0)
        {
            return null;
        }

        var rest = FirstLine(bytes[(at + word.Length)..]);
        var end = ends.IsEmpty ? -1 : rest.IndexOfAny(ends);
        return Of(end < 0 ? rest : rest[..end]);
    }

    /// <summary>Splits <c>name/version rest</c>, as HTTP and SSH write products (RFC 9110 section 10.2.4).</summary>
    public static (string? Name, string? Version) Product(ReadOnlySpan<byte> text)
    {
        var space = text.IndexOfAny(" (;"u8);
        var word = space < 0 ? text : text[..space];
        var slash = word.IndexOf((byte)'/');
        return slash < 0 ? (Of(text), null) : (Of(word[..slash]), Of(word[(slash + 1)..]));
    }

    /// <summary>Whether bytes begin with a word, whatever its case.</summary>
    public static bool Begins(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> word) =>
        bytes.Length >= word.Length && Ascii.EqualsIgnoreCase(bytes[..word.Length], word);

    /// <summary>
    /// Whether bytes are the beginning of something that begins with a word, in this case: all of the word, or as much as has come.
    /// </summary>
    public static bool MayBegin(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> word) =>
        bytes.Length > 0 && word.StartsWith(bytes[..Math.Min(bytes.Length, word.Length)]);

    /// <summary>
    /// The leading word that looks like a version: digits first, then letters, digits, dots, hyphens, underscores, plus and tilde.
    /// </summary>
    public static string? LeadingVersion(ReadOnlySpan<byte> text)
    {
        var end = 0;
        while (end < text.Length
            && (char.IsAsciiLetterOrDigit((char)text[end]) || text[end] is (byte)'.' or (byte)'-' or (byte)'_' or (byte)'+' or (byte)'~'))
        {
            end++;
        }

        return end > 0 && char.IsAsciiDigit((char)text[0]) ? Of(text[..end].TrimEnd((byte)'.')) : null;
    }

    /// <summary>Whether a word is in the bytes, whatever its case.</summary>
    public static bool Has(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> word)
    {
        for (; bytes.Length >= word.Length; bytes = bytes[1..])
        {
            if (Ascii.EqualsIgnoreCase(bytes[..word.Length], word))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsPrintable(Rune rune) => Rune.GetUnicodeCategory(rune) is not (System.Globalization.UnicodeCategory.Control
        or System.Globalization.UnicodeCategory.Format or System.Globalization.UnicodeCategory.Surrogate
        or System.Globalization.UnicodeCategory.PrivateUse
        or System.Globalization.UnicodeCategory.OtherNotAssigned or System.Globalization.UnicodeCategory.LineSeparator
        or System.Globalization.UnicodeCategory.ParagraphSeparator);
}
