using System.Text;

namespace Portolan.Sockets.Filtering;

/// <summary>What is wrong with a filter, and where.</summary>
/// <param name="Filter">The whole filter; words of a command line are joined with spaces.</param>
/// <param name="Message">One sentence without a full stop, such as <c>there is no field "prot"</c>.</param>
/// <param name="Position">Where the wrong part starts, as a character index into <paramref name="Filter"/>.</param>
/// <param name="Length">How many characters are wrong; 0 where something is missing.</param>
/// <param name="Suggestion">The nearest right words, or <c>null</c>.</param>
/// <param name="Hint">What to use instead, or <c>null</c>.</param>
public sealed record FilterError(string Filter, string Message, int Position, int Length, string? Suggestion = null, string? Hint = null)
{
    private const int Margin = 2;
    private const int Width = 76;
    private const int Before = 40;

    /// <summary>The error as the command line ends with: exit code 2.</summary>
    public PortolanException ToException() => new(ToString(), Hint, ExitCode.Usage);

    /// <summary>The message, the filter (a piece of it when it is long), and a caret under the wrong part. Lines end with LF; the last does not.</summary>
    public override string ToString()
    {
        var start = Filter.Length > Width && Position > Before ? Position - Before : 0;
        var end = Math.Min(Filter.Length, start + Width);
        var caret = Math.Clamp(Math.Min(Length, end - Position), 1, Width);
        var text = new StringBuilder(Visible(Message)).Append('\n').Append(' ', Margin);
        var column = Margin + Position - start;
        if (start > 0)
        {
            text.Append('…');
            column++;
        }

        text.Append(Visible(Filter[start..end]));
        if (end < Filter.Length)
        {
            text.Append('…');
        }

        text.Append('\n').Append(' ', column).Append('^', caret);
        if (Suggestion is not null)
        {
            text.Append(" did you mean \"").Append(Visible(Suggestion)).Append("\"?");
        }

        return text.ToString();
    }

    // One character for one, so that the caret stays under its word: control, format and bidirectional characters may not reach a terminal.
    private static string Visible(string text) => string.Create(text.Length, text, static (span, source) =>
    {
        for (var i = 0; i < span.Length; i++)
        {
            span[i] = char.GetUnicodeCategory(source[i]) is System.Globalization.UnicodeCategory.Control
                or System.Globalization.UnicodeCategory.Format
                or System.Globalization.UnicodeCategory.LineSeparator
                or System.Globalization.UnicodeCategory.ParagraphSeparator
                ? '\ufffd'
                : source[i];
        }
    });
}
