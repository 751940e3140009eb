using System.Text;
using Portolan.Cli.Charting;
using Portolan.Cli.Output;

namespace Portolan.Cli.Live;

/// <summary>A line of the screen: texts at columns, cut where the screen ends.</summary>
/// <param name="width">Columns of the screen.</param>
/// <param name="color">Whether texts have styles.</param>
internal sealed class LiveLine(int width, bool color)
{
    private readonly StringBuilder _text = new();
    private int _spaces;
    private int _used;

    /// <summary>Adds a text that is safe for a terminal; what has no room is cut, with <c>…</c>.</summary>
    public LiveLine Add(string text, AnsiStyle style = AnsiStyle.None)
    {
        var room = width - _used - _spaces;
        if (text.Length == 0 || room <= 0)
        {
            return this;
        }

        var cut = Cut(text, room);
        if (cut.Length == 0)
        {
            return this;
        }

        _text.Append(' ', _spaces);
        _used += _spaces + LineWrap.Width(cut);
        _spaces = 0;
        Append(cut, style);
        return this;
    }

    /// <summary>Goes on at a column. Spaces wait for a text to stand before: no line has any at its end.</summary>
    public LiveLine At(int column)
    {
        _spaces = Math.Max(0, column - _used);
        return this;
    }

    /// <summary>Adds a cell of so many columns, and a gap.</summary>
    public LiveLine Cell(string text, int columns, AnsiStyle style = AnsiStyle.None, bool isRight = false)
    {
        var start = _used + _spaces;
        var cut = Cut(text, columns);
        if (isRight)
        {
            At(start + Math.Max(0, columns - LineWrap.Width(cut)));
        }

        return Add(cut, style).At(start + columns + TextTable.Gap);
    }

    /// <inheritdoc/>
    public override string ToString() => _text.ToString();

    /// <summary>The whole line in one style, to its end.</summary>
    public string Whole(AnsiStyle style) =>
        $"{Encoding.ASCII.GetString(AnsiStyles.Start(style))}{_text}{new string(' ', width - _used)}"
        + Encoding.ASCII.GetString(AnsiStyles.Reset);

    // An ellipsis behind a space is three points in ASCII.
    private static string Cut(string text, int columns)
    {
        var cut = OwnerName.Cut(text, columns);
        return LineWrap.Width(cut) > columns ? ""
            : cut.EndsWith(" …", StringComparison.Ordinal) ? $"{cut[..^2].TrimEnd()}…"
            : cut;
    }

    private void Append(string text, AnsiStyle style)
    {
        if (color && style != AnsiStyle.None)
        {
            _text.Append(Encoding.ASCII.GetString(AnsiStyles.Start(style))).Append(text)
                .Append(Encoding.ASCII.GetString(AnsiStyles.Reset));
        }
        else
        {
            _text.Append(text);
        }
    }
}
