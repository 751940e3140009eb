using System.Buffers;
using System.Globalization;
using System.Text;

namespace Portolan;

/// <summary>A buffer of UTF-8 in front of a stream, or alone. Writing a span, a number or an address allocates nothing.</summary>
/// <remarks>
/// What the program itself says goes through the <c>Write</c> methods; text from outside (process names, paths, unit names)
/// goes through the <c>WriteEscaped</c> methods. Not thread-safe.
/// </remarks>
public sealed class Utf8Writer : IBufferWriter<byte>
{
    private const int DefaultCapacity = 32 * 1024;

    /// <summary>Room asked for a value: more than any number, address or time needs. Bytes.</summary>
    private const int ValueRoom = 64;

    private readonly Stream? _stream;
    private byte[] _buffer;
    private int _length;
    private long _handedOn;

    /// <summary>A writer that hands its buffer to the stream when it is full and on <see cref="Flush"/>.</summary>
    public Utf8Writer(Stream stream, int capacity = DefaultCapacity)
    {
        _stream = stream;
        // Not cleared: of a short output few of its pages are touched then.
        _buffer = GC.AllocateUninitializedArray<byte>(capacity);
    }

    /// <summary>A writer that keeps everything; see <see cref="Written"/>.</summary>
    public Utf8Writer(int capacity = 256) => _buffer = new byte[capacity];

    /// <summary>What is in the buffer.</summary>
    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, _length);

    /// <summary>How many bytes are in the buffer.</summary>
    public int Length => _length;

    /// <summary>How many bytes were written since the start, whether still in the buffer or not.</summary>
    public long Position => _handedOn + _length;

    /// <summary>Forgets what is in the buffer.</summary>
    public void Clear() => _length = 0;

    /// <summary>Writes UTF-8 of our own.</summary>
    public void Write(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length > _buffer.Length - _length)
        {
            if (_stream is not null && utf8.Length >= _buffer.Length)
            {
                Flush();
                _stream.Write(utf8);
                _handedOn += utf8.Length;
                return;
            }

            Reserve(utf8.Length);
        }

        utf8.CopyTo(_buffer.AsSpan(_length));
        _length += utf8.Length;
    }

    /// <summary>Writes one ASCII character.</summary>
    public void Write(char ascii)
    {
        Reserve(1);
        _buffer[_length++] = (byte)ascii;
    }

    /// <summary>Writes text of our own.</summary>
    public void Write(ReadOnlySpan<char> text)
    {
        // In pieces, so that a long text does not grow the buffer of a stream.
        while (!text.IsEmpty)
        {
            Reserve(ValueRoom);
            var piece = Math.Min(text.Length, (_buffer.Length - _length) / 3);
            if (piece < text.Length && char.IsHighSurrogate(text[piece - 1]))
            {
                piece--;
            }

            _length += Encoding.UTF8.GetBytes(text[..piece], _buffer.AsSpan(_length));
            text = text[piece..];
        }
    }

    /// <summary>Writes text of our own.</summary>
    public void Write(string? text) => Write(text.AsSpan());

    /// <summary>Writes a number, an address, a time or another value, in the invariant culture.</summary>
    public void Write<T>(T value, ReadOnlySpan<char> format = default)
        where T : IUtf8SpanFormattable
    {
        Reserve(ValueRoom);
        int written;
        while (!value.TryFormat(_buffer.AsSpan(_length), out written, format, CultureInfo.InvariantCulture))
        {
            Reserve((_buffer.Length - _length) * 2);
        }

        _length += written;
    }

    /// <summary>Writes a decimal number.</summary>
    public void WriteNumber(ulong value)
    {
        Reserve(20);
        System.Buffers.Text.Utf8Formatter.TryFormat(value, _buffer.AsSpan(_length), out var written);
        _length += written;
    }

    /// <summary>Writes text from outside, with control and bidirectional characters made visible.</summary>
    public void WriteEscaped(ReadOnlySpan<byte> utf8)
    {
        if (TerminalText.IsPlain(utf8))
        {
            Write(utf8);
        }
        else
        {
            TerminalText.Escape(utf8, this);
        }
    }

    /// <summary>Writes text from outside, with control and bidirectional characters made visible.</summary>
    public void WriteEscaped(string? text) => Write(text is null ? "" : TerminalText.Escape(text));

    /// <summary>Writes that many spaces.</summary>
    public void Pad(int count)
    {
        while (count > 0)
        {
            var piece = Math.Min(count, ValueRoom);
            Reserve(piece);
            _buffer.AsSpan(_length, piece).Fill((byte)' ');
            _length += piece;
            count -= piece;
        }
    }

    /// <summary>Ends the line.</summary>
    public void WriteLine() => Write('\n');

    /// <summary>Writes text of our own and ends the line.</summary>
    public void WriteLine(ReadOnlySpan<char> text)
    {
        Write(text);
        Write('\n');
    }

    /// <summary>Hands the buffer to the stream.</summary>
    public void Flush()
    {
        if (_stream is not null && _length > 0)
        {
            // Emptied first: after a failed write the same bytes must not go out a second time.
            var length = _length;
            _length = 0;
            _handedOn += length;
            _stream.Write(_buffer, 0, length);
            _stream.Flush();
        }
    }

    /// <inheritdoc/>
    public void Advance(int count) => _length += count;

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 1));
        return _buffer.AsMemory(_length);
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 1));
        return _buffer.AsSpan(_length);
    }

    /// <summary>What is in the buffer, as text.</summary>
    public override string ToString() => Encoding.UTF8.GetString(Written);

    private void Reserve(int count)
    {
        if (count <= _buffer.Length - _length)
        {
            return;
        }

        Flush();
        if (count > _buffer.Length - _length)
        {
            Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, _length + count));
        }
    }
}
