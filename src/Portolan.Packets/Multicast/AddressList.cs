using Portolan.Model;

namespace Portolan.Packets;

/// <summary>Addresses of one family that follow each other in a message.</summary>
public readonly ref struct AddressList
{
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly int _size;

    internal AddressList(ReadOnlySpan<byte> bytes, int size)
    {
        _bytes = bytes;
        _size = size;
    }

    /// <summary>How many.</summary>
    public int Count => _size == 0 ? 0 : _bytes.Length / _size;

    /// <summary>An address, counted from 0.</summary>
    public InternetAddress this[int index] => InternetAddress.FromBytes(_bytes.Slice(index * _size, _size));
}
