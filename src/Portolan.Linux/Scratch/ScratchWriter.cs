using System.Runtime.InteropServices;
using System.Text;

namespace Portolan.Linux.Scratch;

/// <summary>Writes one message of the wire (see <see cref="ScratchOperation"/>).</summary>
internal sealed class ScratchWriter
{
    private byte[] _buffer = new byte[4096];
    private int _length = sizeof(int);

    /// <summary>Forgets what was written of the message.</summary>
    internal ScratchWriter Reset()
    {
        _length = sizeof(int);
        return this;
    }

    internal ScratchWriter Byte(byte value)
    {
        Take(1)[0] = value;
        return this;
    }

    internal ScratchWriter Number(int value)
    {
        MemoryMarshal.Write(Take(sizeof(int)), in value);
        return this;
    }

    internal ScratchWriter Data(ReadOnlySpan<byte> bytes)
    {
        Number(bytes.Length);
        bytes.CopyTo(Take(bytes.Length));
        return this;
    }

    internal ScratchWriter Text(string text) => Data(Encoding.UTF8.GetBytes(text));

    /// <summary>Sends the message and starts the next.</summary>
    internal void Flush(Stream stream)
    {
        MemoryMarshal.Write(_buffer, _length - sizeof(int));
        stream.Write(_buffer.AsSpan(0, _length));
        stream.Flush();
        _length = sizeof(int);
    }

    private Span<byte> Take(int count)
    {
        if (_buffer.Length - _length < count)
        {
            Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, _length + count));
        }

        var span = _buffer.AsSpan(_length, count);
        _length += count;
        return span;
    }
}
