using System.Text;
using Portolan.Cli.Output;

namespace Portolan.Cli.Live;

/// <summary>A text over the whole screen that scrolls: what a command prints, and a question where it would change something.</summary>
/// <param name="title">The command as one would type it.</param>
internal sealed class LivePane(string title)
{
    private IReadOnlyList<string> _text = [];
    private (IReadOnlyList<string> Text, int Columns, List<string> Lines)? _fitted;

    /// <summary>The command as one would type it.</summary>
    public string Title { get; set; } = title;

    /// <summary>Whether its text is still on its way.</summary>
    public bool IsRunning { get; private set; } = true;

    /// <summary>The first line that is shown.</summary>
    public int Top { get; private set; }

    /// <summary>How many lines are shown.</summary>
    public int Page { get; private set; } = 1;

    /// <summary>What has to be typed before the command does anything; <c>null</c> where nothing is asked.</summary>
    public string? Expected { get; private set; }

    /// <summary>What was typed.</summary>
    public string Typed { get; private set; } = "";

    /// <summary>Why it is asked again; <c>null</c> at first.</summary>
    public string? Remark { get; private set; }

    /// <summary>Text is on its way.</summary>
    public void Begin()
    {
        IsRunning = true;
        Expected = null;
        (Typed, Remark) = ("", null);
    }

    /// <summary>Shows a text, whose lines are safe for a terminal and may have styles.</summary>
    public void Show(string text)
    {
        _text = text.TrimEnd('\n').Split('\n');
        IsRunning = false;
    }

    /// <summary>Asks for a word.</summary>
    public void Ask(string expected, string? remark = null) => (Expected, Typed, Remark) = (expected, "", remark);

    /// <summary>The lines that are shown on a screen that wide, with room for so many.</summary>
    public List<string> Fit(int columns, int room, out int total)
    {
        if (_fitted is not { } fitted || fitted.Text != _text || fitted.Columns != columns)
        {
            fitted = (_text, columns, [.. _text.SelectMany(line => Fit(line, columns))]);
            _fitted = fitted;
        }

        total = fitted.Lines.Count;
        Page = Math.Max(1, room);
        Top = Math.Clamp(Top, 0, Math.Max(0, total - Page));
        return fitted.Lines.GetRange(Top, Math.Min(Page, total - Top));
    }

    /// <summary>Does what a key says.</summary>
    public LiveAction Press(KeyPress key)
    {
        switch (key.Key)
        {
            case LiveKey.Up:
                Top--;
                break;
            case LiveKey.Down:
                Top++;
                break;
            case LiveKey.PageUp:
                Top -= Page;
                break;
            case LiveKey.PageDown:
                Top += Page;
                break;
            case LiveKey.Home:
                Top = 0;
                break;
            case LiveKey.End:
                Top = int.MaxValue - Page;
                break;
            case LiveKey.Escape:
                return LiveAction.Close;
            default:
                return Expected is null ? Read(key) : Answer(key, Expected);
        }

        Top = Math.Max(0, Top);
        return LiveAction.None;
    }

    private LiveAction Read(KeyPress key)
    {
        if (key.Is(' '))
        {
            Top += Page;
        }
        else if (key.Is('j') || key.Is('k'))
        {
            Top = Math.Max(0, Top + (key.Is('j') ? 1 : -1));
        }

        return key.Is('q') || key.Key == LiveKey.Backspace ? LiveAction.Close : LiveAction.None;
    }

    private LiveAction Answer(KeyPress key, string expected)
    {
        switch (key.Key)
        {
            case LiveKey.Character:
                Typed += key.Rune;
                break;
            case LiveKey.Backspace:
                Typed = Typed.Length > 0 ? Typed[..^1] : "";
                break;
            case LiveKey.Enter when Typed.Trim() == expected:
                return LiveAction.Confirm;
            case LiveKey.Enter:
                (Typed, Remark) = ("", Typed.Length == 0 ? Remark : $"'{TerminalText.Escape(Typed)}' is not {expected}: nothing was done");
                break;
        }

        return LiveAction.None;
    }

    // Styles belong to whole texts: a line that has to be broken loses them.
    private static IEnumerable<string> Fit(string line, int columns)
    {
        var bare = Bare(line);
        if (LineWrap.Width(bare) <= columns)
        {
            return [line];
        }

        var start = Math.Min(bare.Length - bare.TrimStart(' ').Length, columns / 4);
        var more = Math.Min(start + 2, columns / 2);
        return LineWrap.Break(bare.TrimStart(' '), columns - start, columns - more)
            .Select((text, at) => new string(' ', at == 0 ? start : more) + text);
    }

    private static string Bare(string line)
    {
        if (!line.Contains('\u001b', StringComparison.Ordinal))
        {
            return line;
        }

        var bare = new StringBuilder(line.Length);
        var isSequence = false;
        foreach (var character in line)
        {
            if (isSequence)
            {
                isSequence = character != 'm';
            }
            else if (character == '\u001b')
            {
                isSequence = true;
            }
            else
            {
                bare.Append(character);
            }
        }

        return bare.ToString();
    }
}
