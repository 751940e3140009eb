using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Portolan.Model;

namespace Portolan.Scan.Journal;

/// <summary>
/// Writes the values of journal records: numbers in groups of seven bits, low group first, so that small ones take a byte.
/// </summary>
internal sealed class JournalEncoder
{
    private readonly ArrayBufferWriter<byte> _buffer = new(256);

    public ReadOnlySpan<byte> Written => _buffer.WrittenSpan;

    /// <summary>Bytes written.</summary>
    public int Length => _buffer.WrittenCount;

    /// <summary>Begins again.</summary>
    public void Clear() => _buffer.ResetWrittenCount();

    public void Byte(byte value)
    {
        _buffer.GetSpan(1)[0] = value;
        _buffer.Advance(1);
    }

    public void Number(ulong value)
    {
        var span = _buffer.GetSpan(10);
        var at = 0;
        for (; value >= 0x80; value >>= 7)
        {
            span[at++] = (byte)(value | 0x80);
        }

        span[at++] = (byte)value;
        _buffer.Advance(at);
    }

    public void Number(long value) => Number((ulong)value);

    public void Wide(UInt128 value)
    {
        BinaryPrimitives.WriteUInt128LittleEndian(_buffer.GetSpan(16), value);
        _buffer.Advance(16);
    }

    public void Bytes(ReadOnlySpan<byte> bytes)
    {
        Number((ulong)bytes.Length);
        _buffer.Write(bytes);
    }

    public void Text(string text)
    {
        Number((ulong)Encoding.UTF8.GetByteCount(text));
        Encoding.UTF8.GetBytes(text, _buffer);
    }

    public void Address(InternetAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        Bytes(bytes[..address.WriteBytes(bytes)]);
    }
}
