using System.Runtime.InteropServices;

namespace Portolan.Linux.Netlink;

/// <summary>
/// Walks the attributes (<c>struct nlattr</c>, linux/netlink.h) of a message. Never throws: one that does not fit ends the walk.
/// </summary>
public ref struct NetlinkAttributes
{
    private const int HeaderSize = 4;

    /// <summary>NLA_F_NESTED and NLA_F_NET_BYTEORDER share the type's field.</summary>
    private const ushort TypeMask = 0x3fff;

    private ReadOnlySpan<byte> _rest;

    /// <summary>Starts before the first attribute of <paramref name="bytes"/>.</summary>
    public NetlinkAttributes(ReadOnlySpan<byte> bytes) => _rest = bytes;

    /// <summary>Type of the current attribute, without flags.</summary>
    public ushort Type { get; private set; }

    /// <summary>Its value, padding excluded.</summary>
    public ReadOnlySpan<byte> Value { get; private set; }

    /// <summary>Goes to the next attribute.</summary>
    public bool MoveNext()
    {
        if (_rest.Length < HeaderSize)
        {
            return false;
        }

        var header = MemoryMarshal.Read<uint>(_rest);
        var length = (int)(ushort)header;
        if (length < HeaderSize || length > _rest.Length)
        {
            _rest = default;
            return false;
        }

        Type = (ushort)((header >> 16) & TypeMask);
        Value = _rest[HeaderSize..length];
        _rest = _rest[Math.Min((length + 3) & ~3, _rest.Length)..];
        return true;
    }

    /// <summary>The value as a byte.</summary>
    public readonly bool TryReadByte(out byte value) => MemoryMarshal.TryRead(Value, out value);

    /// <summary>The value as 32 bits, host order.</summary>
    public readonly bool TryReadUInt32(out uint value) => MemoryMarshal.TryRead(Value, out value);

    /// <summary>The value as 64 bits, host order.</summary>
    public readonly bool TryReadUInt64(out ulong value) => MemoryMarshal.TryRead(Value, out value);
}
