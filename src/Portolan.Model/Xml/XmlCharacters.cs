using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace Portolan.Model.Xml;

/// <summary>The characters of a UTF-8 stream, a window at a time, with the place of the next one.</summary>
internal sealed class XmlCharacters(Stream stream)
{
    private const int WindowLength = 16 * 1024;
    private readonly byte[] _bytes = new byte[WindowLength];
    private readonly char[] _chars = new char[WindowLength];
    private int _byteCount;
    private int _position;
    private int _length;
    private int _line = 1;
    private int _column = 1;
    private bool _isEndOfStream;
    private bool _isInvalid;

    /// <summary>The place of the next character.</summary>
    public XmlPosition Position => new(_line, _column);

    /// <summary>The characters at hand; empty only at the end.</summary>
    /// <exception cref="XmlFormatException">The next byte is not UTF-8.</exception>
    public ReadOnlySpan<char> Window
    {
        get
        {
            if (_position == _length)
            {
                Fill();
            }

            return _chars.AsSpan(_position, _length - _position);
        }
    }

    /// <summary>Whether nothing follows.</summary>
    public bool IsAtEnd => Window.IsEmpty;

    /// <summary>Whether the next character is this one.</summary>
    public bool IsNext(char character) => Window is [var next, ..] && next == character;

    /// <summary>Takes the next character when it is this one.</summary>
    public bool TryTake(char character)
    {
        if (!IsNext(character))
        {
            return false;
        }

        Advance(1);
        return true;
    }

    /// <summary>Takes these characters when they follow; takes the part that fits otherwise.</summary>
    public bool TryTake(ReadOnlySpan<char> characters)
    {
        foreach (var character in characters)
        {
            if (!TryTake(character))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Takes that many characters of <see cref="Window"/>.</summary>
    public void Advance(int count)
    {
        var taken = _chars.AsSpan(_position, count);
        _position += count;
        var lastBreak = taken.LastIndexOf('\n');
        if (lastBreak >= 0)
        {
            _line += taken.Count('\n');
            _column = 1;
            taken = taken[(lastBreak + 1)..];
        }

        foreach (var character in taken)
        {
            // The second half of a surrogate pair and a byte order mark are no characters of their own.
            _column += char.IsLowSurrogate(character) || character == '\uFEFF' ? 0 : 1;
        }
    }

    private void Fill()
    {
        _position = _length = 0;
        while (_length == 0)
        {
            if (_isInvalid)
            {
                var isCut = Rune.DecodeFromUtf8(_bytes.AsSpan(0, _byteCount), out _, out _) == OperationStatus.NeedMoreData;
                throw new XmlFormatException(Position, "a byte that is not UTF-8", isCut);
            }

            if (!_isEndOfStream)
            {
                var read = stream.Read(_bytes, _byteCount, _bytes.Length - _byteCount);
                _isEndOfStream = read == 0;
                _byteCount += read;
            }
            else if (_byteCount == 0)
            {
                return;
            }

            var status = Utf8.ToUtf16(
                _bytes.AsSpan(0, _byteCount), _chars, out var taken, out _length, replaceInvalidSequences: false,
                isFinalBlock: _isEndOfStream);
            _isInvalid = status == OperationStatus.InvalidData;
            _bytes.AsSpan(taken, _byteCount - taken).CopyTo(_bytes);
            _byteCount -= taken;
        }
    }
}
