using System.Text;

namespace Portolan;

/// <summary>Words of a command that a person is to paste into a shell: each is one word, and nothing of it is run.</summary>
public static class ShellWord
{
    /// <summary>
    /// The word as a shell reads it back: as it is, or in single quotes, inside of which nothing means anything (POSIX.1-2017, XCU 2.2.2).
    /// </summary>
    /// <returns><c>null</c> for text that a terminal would change or hide (see <see cref="TerminalText"/>): what is pasted would not be
    /// what was meant.</returns>
    public static string? Of(string text)
    {
        if (!string.Equals(TerminalText.Escape(text), text, StringComparison.Ordinal))
        {
            return null;
        }

        // zsh reads =word as the path of a program.
        if (text.StartsWith('='))
        {
            return Quoted(text);
        }

        foreach (var letter in text)
        {
            if (!char.IsAsciiLetterOrDigit(letter) && letter is not ('-' or '_' or '.' or '/' or ':' or ',' or '+' or '@' or '%' or '='))
            {
                return Quoted(text);
            }
        }

        return text.Length == 0 ? "''" : text;
    }

    /// <summary>
    /// The same for every text: what a terminal would change stands as bytes, <c>$'\033'</c>, which bash, zsh and ksh read (POSIX.1-2024).
    /// </summary>
    public static string Quote(string text)
    {
        if (Of(text) is { } word)
        {
            return word;
        }

        var result = new StringBuilder("$'");
        foreach (var value in Encoding.UTF8.GetBytes(text))
        {
            if (value is >= 0x20 and < 0x7f and not ((byte)'\'' or (byte)'\\'))
            {
                result.Append((char)value);
            }
            else
            {
                // Three digits of octal: a digit behind it is never taken for a part of it.
                result.Append('\\').Append(Convert.ToString(value, 8).PadLeft(3, '0'));
            }
        }

        return result.Append('\'').ToString();
    }

    /// <summary>
    /// An option with its value, which is not read as another option: one that begins with a dash stands behind <c>=</c>. A dash alone is a
    /// value (POSIX.1-2017, XBD 12.2).
    /// </summary>
    /// <param name="name">Such as <c>--rules</c>.</param>
    /// <param name="value">Any text.</param>
    public static string Option(string name, string value) => $"{name}{(value.Length > 1 && value[0] == '-' ? '=' : ' ')}{Quote(value)}";

    private static string Quoted(string text) => "'" + text.Replace("'", "'\\''", StringComparison.Ordinal) + "'";
}
