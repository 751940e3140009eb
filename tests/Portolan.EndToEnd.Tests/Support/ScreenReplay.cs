using System.Globalization;
using System.Text;

namespace Portolan.EndToEnd.Tests.Support;

/// <summary>
/// What a terminal shows after the bytes that it was sent: the main and the alternate screen, and the sequences that the live screen uses
/// (ECMA-48 CUP, ED, EL, SGR; xterm's modes 25 and 1049). Each character takes one column.
/// </summary>
internal sealed class ScreenReplay
{
    private readonly StringBuilder _sequence = new();
    private readonly Decoder _decoder = new UTF8Encoding(false).GetDecoder();
    private readonly List<StringBuilder> _main = [new()];
    private List<StringBuilder> _alternate = [];
    private (int Row, int Column) _mainCursor;
    private int _row;
    private int _column;
    private bool _isSequence;

    /// <summary>Whether the alternate screen is shown.</summary>
    public bool IsAlternate { get; private set; }

    /// <summary>Whether the cursor is seen.</summary>
    public bool HasCursor { get; private set; } = true;

    /// <summary>How many bytes there were.</summary>
    public long Bytes { get; private set; }

    /// <summary>Whether any text had a style.</summary>
    public bool HasStyles { get; private set; }

    /// <summary>The lines that are shown.</summary>
    public IReadOnlyList<string> Lines => [.. Screen.Select(static line => line.ToString().TrimEnd())];

    private List<StringBuilder> Screen => IsAlternate ? _alternate : _main;

    /// <summary>Takes what was sent.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        Bytes += bytes.Length;
        var text = new char[bytes.Length + 1];
        foreach (var character in text.AsSpan(0, _decoder.GetChars(bytes, text, flush: false)))
        {
            Add(character);
        }
    }

    private void Add(char character)
    {
        if (_isSequence)
        {
            _sequence.Append(character);
            if (_sequence.Length == 1 ? character != '[' : character is >= '@' and <= '~')
            {
                _isSequence = false;
                Do(_sequence.ToString());
                _sequence.Clear();
            }

            return;
        }

        switch (character)
        {
            case '\u001b':
                _isSequence = true;
                break;
            case '\r':
                _column = 0;
                break;
            case '\n':
                _row++;
                break;
            case '\b':
                _column = Math.Max(0, _column - 1);
                break;
            case >= ' ':
                Put(character);
                break;
        }
    }

    private void Put(char character)
    {
        var line = LineAt(_row);
        line.Append(' ', Math.Max(0, _column - line.Length));
        if (_column < line.Length)
        {
            line[_column] = character;
        }
        else
        {
            line.Append(character);
        }

        _column++;
    }

    private StringBuilder LineAt(int row)
    {
        while (Screen.Count <= row)
        {
            Screen.Add(new StringBuilder());
        }

        return Screen[row];
    }

    private void Do(string sequence)
    {
        switch (sequence)
        {
            case "[?1049h":
                (IsAlternate, _mainCursor, _alternate) = (true, (_row, _column), []);
                (_row, _column) = (0, 0);
                break;
            case "[?1049l":
                (IsAlternate, _row, _column) = (false, _mainCursor.Row, _mainCursor.Column);
                break;
            case "[?25h" or "[?25l":
                HasCursor = sequence[^1] == 'h';
                break;
            case "[2J":
                Screen.Clear();
                break;
            case "[2K":
                LineAt(_row).Clear();
                break;
            case [.., 'H']:
                var numbers = sequence[1..^1].Split(';');
                (_row, _column) = (Number(numbers[0]) - 1, Number(numbers.ElementAtOrDefault(1)) - 1);
                break;
            case [.., 'm']:
                HasStyles |= sequence is not ("[0m" or "[m");
                break;
        }
    }

    private static int Number(string? text) => string.IsNullOrEmpty(text) ? 1 : int.Parse(text, CultureInfo.InvariantCulture);
}
