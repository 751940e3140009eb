namespace Portolan;

/// <summary>Words of a command that a person is to paste into a shell.</summary>
public static class ShellWord
{
    /// <summary>The word as a shell reads it back: as it is, or in single quotes, inside of which nothing means anything (POSIX.1-2017, XCU 2.2.2).</summary>
    /// <returns><c>null</c> for text that a terminal would change or hide (see <see cref="TerminalText"/>): what is pasted would not be what was meant.</returns>
    public static string? Of(string text)
    {
        if (!string.Equals(TerminalText.Escape(text), text, StringComparison.Ordinal))
        {
            return null;
        }

        foreach (var letter in text)
        {
            if (!char.IsAsciiLetterOrDigit(letter) && letter is not ('-' or '_' or '.' or '/' or ':' or ',' or '+' or '@' or '%'))
            {
                return Quoted(text);
            }
        }

        return text.Length == 0 ? "''" : text;
    }

    private static string Quoted(string text) => "'" + text.Replace("'", "'\\''", StringComparison.Ordinal) + "'";
}
