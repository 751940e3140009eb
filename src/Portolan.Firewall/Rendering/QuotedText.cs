namespace Portolan.Firewall.Rendering;

/// <summary>Names and comments in nft's text.</summary>
public static class QuotedText
{
    /// <summary>
    /// In quotes. nft has no way to write a quote inside of them: it becomes <c>\x22</c>, and the text cannot be loaded; see
    /// <see cref="CanHold"/>.
    /// </summary>
    public static string Of(string text) =>
        CanHold(text)
            ? $"\"{text}\""
            : $"\"{text.Replace("\"", "\\x22", StringComparison.Ordinal).Replace("\n", "\\x0a", StringComparison.Ordinal)}\"";

    /// <summary>Whether quotes can hold the text as it is.</summary>
    public static bool CanHold(string text) => !text.AsSpan().ContainsAny('"', '\n', '\0');

    /// <summary>A name of a table, chain or set: as it is where nft reads that, else in quotes, which nft does not read here.</summary>
    public static string Name(string name) => IsPlain(name) ? name : Of(name);

    /// <summary>
    /// Whether nft reads a name: a letter, underscore or dot, then also digits, dashes and slashes, and no word of its own.
    /// </summary>
    public static bool IsPlain(string name)
    {
        if (name.Length == 0 || !(char.IsAsciiLetter(name[0]) || name[0] is '_' or '.'))
        {
            return false;
        }

        foreach (var letter in name)
        {
            if (!char.IsAsciiLetterOrDigit(letter) && letter is not ('/' or '-' or '_' or '.'))
            {
                return false;
            }
        }

        return !Keywords.Contains(name);
    }
}
