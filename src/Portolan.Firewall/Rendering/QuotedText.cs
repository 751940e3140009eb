namespace Portolan.Firewall.Rendering;

/// <summary>Names and comments in nft's text.</summary>
public static class QuotedText
{
    /// <summary>In quotes. nft has no way to write a quote inside of them; see <see cref="CanHold"/>.</summary>
    public static string Of(string text) => $"\"{text}\"";

    /// <summary>Whether quotes can hold the text as it is.</summary>
    public static bool CanHold(string text) => !text.AsSpan().ContainsAny('"', '\n');

    /// <summary>A name of a table, chain or set: as it is where nft reads that, else in quotes.</summary>
    public static string Name(string name) => IsPlain(name) ? name : Of(name);

    /// <summary>Whether nft reads a name without quotes (the identifiers of nft(8)).</summary>
    public static bool IsPlain(string name)
    {
        if (name.Length == 0 || !char.IsAsciiLetter(name[0]))
        {
            return name.Length > 1 && name[0] == '_' && IsPlain(name[1..]);
        }

        foreach (var letter in name)
        {
            if (!char.IsAsciiLetterOrDigit(letter) && letter is not ('/' or '-' or '_' or '.' or '\\'))
            {
                return false;
            }
        }

        return true;
    }
}
