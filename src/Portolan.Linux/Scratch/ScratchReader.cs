using System.Runtime.InteropServices;
using System.Text;

namespace Portolan.Linux.Scratch;

/// <summary>Reads one message of the wire. What does not fit reads as nothing: both ends are the same program.</summary>
internal ref struct ScratchReader(ReadOnlySpan<byte> message)
{
    private ReadOnlySpan<byte> _rest = message;

    /// <summary>Receives a message; <c>false</c> at the end of the stream.</summary>
    internal static bool TryReceive(Stream stream, ref byte[] buffer, out int length)
    {
        const int Largest = 256 * 1024 * 1024;
        length = 0;
        Span<byte> header = stackalloc byte[sizeof(int)];
        if (stream.ReadAtLeast(header, header.Length, throwOnEndOfStream: false) < header.Length)
        {
            return false;
        }

        length = MemoryMarshal.Read<int>(header);
        if (length is < 0 or > Largest)
        {
            return false;
        }

        if (buffer.Length < length)
        {
            buffer = new byte[length];
        }

        return stream.ReadAtLeast(buffer.AsSpan(0, length), length, throwOnEndOfStream: false) == length;
    }

    internal byte Byte() => Take(1) is [var value] ? value : (byte)0;

    internal int Number() => Take(sizeof(int)) is { Length: sizeof(int) } bytes ? MemoryMarshal.Read<int>(bytes) : 0;

    internal ReadOnlySpan<byte> Data() => Take(Number());

    internal string Text() => Encoding.UTF8.GetString(Data());

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count < 0 || count > _rest.Length)
        {
            _rest = default;
            return default;
        }

        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }
}
