using System.Buffers.Binary;
using System.Text;
using Portolan.Model;

namespace Portolan.Scan.Journal;

/// <summary>
/// Reads what a <see cref="JournalEncoder"/> wrote. Bytes that end too soon or make no sense are an answer, never an exception.
/// </summary>
internal ref struct JournalDecoder(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    /// <summary>Nothing is left.</summary>
    public readonly bool IsAtEnd => _rest.IsEmpty;

    /// <summary>Bytes left.</summary>
    public readonly int Left => _rest.Length;

    public bool TryByte(out byte value)
    {
        value = _rest.IsEmpty ? (byte)0 : _rest[0];
        return TrySkip(1);
    }

    public bool TryNumber(out ulong value)
    {
        value = 0;
        for (var shift = 0; shift < 64 && TryByte(out var part); shift += 7)
        {
            value |= (ulong)(part & 0x7f) << shift;
            if (part < 0x80)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>A number below a bound.</summary>
    public bool TryNumber(long bound, out int value)
    {
        var isRead = TryNumber(out var number);
        value = (int)Math.Min(number, int.MaxValue);
        return isRead && number < (ulong)bound && number <= int.MaxValue;
    }

    public bool TryLong(out long value)
    {
        var isRead = TryNumber(out var number);
        value = (long)number;
        return isRead;
    }

    public bool TryWide(out UInt128 value)
    {
        value = _rest.Length < 16 ? 0 : BinaryPrimitives.ReadUInt128LittleEndian(_rest);
        return TrySkip(16);
    }

    public bool TryFraction(out double value)
    {
        value = _rest.Length < 8 ? 0 : BinaryPrimitives.ReadDoubleLittleEndian(_rest);
        return TrySkip(8);
    }

    public bool TryBytes(out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        if (!TryNumber(out var length) || length > (ulong)_rest.Length)
        {
            return false;
        }

        bytes = _rest[..(int)length];
        return TrySkip((int)length);
    }

    public bool TryText(out string text)
    {
        var isRead = TryBytes(out var bytes);
        text = Encoding.UTF8.GetString(bytes);
        return isRead;
    }

    public bool TryAddress(out InternetAddress address)
    {
        address = default;
        if (!TryBytes(out var bytes) || bytes.Length is not (4 or 16))
        {
            return false;
        }

        address = InternetAddress.FromBytes(bytes);
        return true;
    }

    private bool TrySkip(int count)
    {
        if (count > _rest.Length)
        {
            _rest = default;
            return false;
        }

        _rest = _rest[count..];
        return true;
    }
}
