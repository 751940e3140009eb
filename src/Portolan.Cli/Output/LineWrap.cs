using System.Text;

namespace Portolan.Cli.Output;

/// <summary>Breaks text into lines for a terminal, by columns and not by characters.</summary>
public static class LineWrap
{
    /// <summary>
    /// Lines of at most that many columns, broken between words. Only a word that is longer than a line is broken inside: nothing is
    /// left out.
    /// </summary>
    /// <param name="text">Text without control characters.</param>
    /// <param name="first">Columns of the first line; at least 1 is used.</param>
    /// <param name="rest">Columns of the lines behind it; the same as the first where it is 0.</param>
    public static List<string> Break(string text, int first, int rest = 0)
    {
        var lines = new List<string>();
        var line = new StringBuilder();
        var (room, used) = (Math.Max(1, first), 0);
        rest = Math.Max(1, rest == 0 ? first : rest);
        foreach (var word in text.Split(' '))
        {
            var width = Width(word);
            if (used > 0 && used + 1 + width > room)
            {
                End();
            }

            if (used > 0 || line.Length > 0)
            {
                line.Append(' ');
                used++;
            }

            var left = word;
            while (used + width > room)
            {
                var cut = Fitting(left, room - used);
                line.Append(left, 0, cut);
                left = left[cut..];
                width = Width(left);
                End();
            }

            line.Append(left);
            used += width;
        }

        lines.Add(line.ToString());
        return lines;

        void End()
        {
            lines.Add(line.ToString());
            line.Clear();
            (room, used) = (rest, 0);
        }
    }

    /// <summary>Columns of a text.</summary>
    public static int Width(string text) =>
        Ascii.IsValid(text) ? text.Length : DisplayWidth.Of(Encoding.UTF8.GetBytes(text));

    /// <summary>Columns of the longest word.</summary>
    public static int LongestWord(string text) => text.Split(' ').Max(Width);

    /// <summary>How many leading characters fit; at least one, so that every line takes something on.</summary>
    private static int Fitting(string text, int columns)
    {
        var (at, used) = (0, 0);
        foreach (var rune in text.EnumerateRunes())
        {
            used += DisplayWidth.Of(rune);
            if (used > columns && at > 0)
            {
                break;
            }

            at += rune.Utf16SequenceLength;
        }

        return at;
    }
}
