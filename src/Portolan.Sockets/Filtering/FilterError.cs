using System.Globalization;

namespace Portolan.Sockets.Filtering;

/// <summary>What is wrong with a filter, and where.</summary>
/// <param name="Filter">The whole filter; words of a command line are joined with spaces.</param>
/// <param name="Message">One sentence without a full stop, such as <c>no field is named "prot"</c>.</param>
/// <param name="Position">Where the wrong part starts, as a character index into <paramref name="Filter"/>.</param>
/// <param name="Length">How many characters are wrong; 0 where something is missing.</param>
/// <param name="Suggestion">The nearest right words, or <c>null</c>.</param>
/// <param name="Hint">What to use instead, or <c>null</c>.</param>
public sealed record FilterError(string Filter, string Message, int Position, int Length, string? Suggestion = null, Advice? Hint = null)
{
    private const string Margin = "  ";
    private const int Width = 76;
    private const int Before = 40;
    private const int MaxMessage = 200;

    /// <summary>Whether a word stands where a field is expected, and is none.</summary>
    public bool IsUnknownField { get; init; }

    private string ShortMessage => Message.Length <= MaxMessage ? Message : Message[..MaxMessage] + "…";

    /// <summary>The error as the command line ends with: exit code 2.</summary>
    public PortolanException ToException() => new(ShortMessage, Hint, ExitCode.Usage) { Details = Picture() };

    /// <summary>The message and the picture under it.</summary>
    public override string ToString() => string.Join('\n', [Visible(ShortMessage), .. Picture()]);

    /// <summary>
    /// Two lines: the filter, or a piece of it when it is long, and a caret under the wrong part with the suggestion. Safe for a terminal.
    /// </summary>
    public IReadOnlyList<string> Picture()
    {
        var start = Filter.Length > Width && Position > Before ? Position - Before : 0;
        var end = Math.Min(Filter.Length, start + Width);
        var caret = Math.Clamp(Math.Min(Length, end - Position), 1, Width);
        var cut = start > 0 ? "…" : "";
        var shown = $"{Margin}{cut}{Visible(Filter[start..end])}{(end < Filter.Length ? "…" : "")}";
        var pointer = new string(' ', Margin.Length + cut.Length + Position - start) + new string('^', caret);
        return [shown, Suggestion is null ? pointer : $"{pointer} did you mean \"{Visible(Suggestion)}\"?"];
    }

    // One character for one, so that the caret stays under its word; nothing that moves a terminal's cursor or turns its text around.
    private static string Visible(string text) => string.Create(text.Length, text, static (span, source) =>
    {
        for (var i = 0; i < span.Length; i++)
        {
            var isShown = CharUnicodeInfo.GetUnicodeCategory(source, i) is not (UnicodeCategory.Control or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Surrogate);
            span[i] = isShown ? source[i] : '\ufffd';
            if (char.IsHighSurrogate(source[i]) && i + 1 < span.Length && char.IsLowSurrogate(source[i + 1]))
            {
                i++;
                span[i] = isShown ? source[i] : '\ufffd';
            }
        }
    });
}
