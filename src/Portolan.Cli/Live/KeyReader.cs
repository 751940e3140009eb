using System.Buffers;
using System.Text;

namespace Portolan.Cli.Live;

/// <summary>A key of the live screen.</summary>
internal enum LiveKey
{
    /// <summary>A character, which <see cref="KeyPress.Rune"/> has.</summary>
    Character,

    /// <summary>The arrow up.</summary>
    Up,

    /// <summary>The arrow down.</summary>
    Down,

    /// <summary>A page up.</summary>
    PageUp,

    /// <summary>A page down.</summary>
    PageDown,

    /// <summary>The first line.</summary>
    Home,

    /// <summary>The last line.</summary>
    End,

    /// <summary>Enter.</summary>
    Enter,

    /// <summary>Escape.</summary>
    Escape,

    /// <summary>Erases a character.</summary>
    Backspace,
}

/// <summary>A key that was pressed.</summary>
/// <param name="Key">Which.</param>
/// <param name="Rune">The character of <see cref="LiveKey.Character"/>.</param>
internal readonly record struct KeyPress(LiveKey Key, Rune Rune = default)
{
    /// <summary>Whether it is this ASCII character.</summary>
    public bool Is(char character) => Key == LiveKey.Character && Rune.Value == character;
}

/// <summary>Turns the bytes of a terminal into keys (ECMA-48 5.4; xterm's and the Linux console's sequences).</summary>
/// <remarks>
/// A sequence may come in pieces over a slow line. An Escape that stands alone is one only when nothing follows it: <see cref="Flush"/>.
/// </remarks>
internal sealed class KeyReader
{
    private const byte EscapeByte = 0x1b;

    /// <summary>No sequence of a key is longer; what is, was not typed.</summary>
    private const int LongestSequence = 32;

    private readonly List<byte> _open = [];

    /// <summary>Whether bytes wait for more.</summary>
    public bool IsOpen => _open.Count > 0;

    /// <summary>Adds bytes.</summary>
    /// <returns>The keys that are complete.</returns>
    public List<KeyPress> Add(ReadOnlySpan<byte> bytes)
    {
        _open.AddRange(bytes);
        var keys = new List<KeyPress>();
        while (_open.Count > 0 && TryTake(out var key))
        {
            if (key is { } known)
            {
                keys.Add(known);
            }
        }

        return keys;
    }

    /// <summary>Nothing followed for a while: an Escape that waits is the key, and what else is incomplete is dropped.</summary>
    public List<KeyPress> Flush()
    {
        var isEscape = _open is [EscapeByte];
        _open.Clear();
        return isEscape ? [new KeyPress(LiveKey.Escape)] : [];
    }

    private bool TryTake(out KeyPress? key)
    {
        key = null;
        var first = _open[0];
        if (first == EscapeByte)
        {
            return TrySequence(out key);
        }

        if (first is (byte)'\r' or (byte)'\n' or 0x7f or 0x08)
        {
            key = new KeyPress(first is (byte)'\r' or (byte)'\n' ? LiveKey.Enter : LiveKey.Backspace);
            _open.RemoveAt(0);
            return true;
        }

        var status = Rune.DecodeFromUtf8([.. _open.Take(4)], out var rune, out var consumed);
        if (status == OperationStatus.NeedMoreData)
        {
            return false;
        }

        _open.RemoveRange(0, consumed);
        key = status == OperationStatus.Done && !TerminalText.IsHostile(rune) ? new KeyPress(LiveKey.Character, rune) : null;
        return true;
    }

    private bool TrySequence(out KeyPress? key)
    {
        key = null;
        if (_open.Count == 1)
        {
            return false;
        }

        if (_open[1] is not ((byte)'[' or (byte)'O'))
        {
            // Escape, and then another key; a second Escape begins anew.
            key = new KeyPress(LiveKey.Escape);
            _open.RemoveAt(0);
            return true;
        }

        // The end of a control sequence is a byte from @ to ~; the Linux console's function keys have a second bracket.
        var end = _open.FindIndex(2, static b => b is >= 0x40 and <= 0x7e and not (byte)'[');
        if (end < 0)
        {
            if (_open.Count > LongestSequence)
            {
                _open.Clear();
                return true;
            }

            return false;
        }

        key = Named(Encoding.ASCII.GetString([.. _open.Skip(2).Take(end - 1)])) is { } named ? new KeyPress(named) : null;
        _open.RemoveRange(0, end + 1);
        return true;
    }

    private static LiveKey? Named(string sequence) => sequence switch
    {
        "A" => LiveKey.Up,
        "B" => LiveKey.Down,
        "H" or "1~" or "7~" => LiveKey.Home,
        "F" or "4~" or "8~" => LiveKey.End,
        "5~" => LiveKey.PageUp,
        "6~" => LiveKey.PageDown,
        "M" => LiveKey.Enter,
        _ => null,
    };
}
