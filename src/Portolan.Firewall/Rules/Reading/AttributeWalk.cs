using System.Runtime.InteropServices;

namespace Portolan.Firewall.Rules.Reading;

/// <summary>Walks a nest of attributes in order, for lists (NFTA_LIST_ELEM) where one number is there many times.</summary>
internal ref struct AttributeWalk
{
    private const int HeaderSize = 4;
    private const ushort TypeMask = 0x3fff;

    private readonly ReadOnlyMemory<byte> _bytes;
    private readonly ReadOnlySpan<byte> _span;
    private int _at;

    /// <summary>Starts before the first attribute.</summary>
    internal AttributeWalk(ReadOnlyMemory<byte> bytes)
    {
        _bytes = bytes;
        _span = bytes.Span;
    }

    /// <summary>Number of the current attribute, without flags.</summary>
    internal int Type { get; private set; }

    /// <summary>Its value.</summary>
    internal ReadOnlyMemory<byte> Value { get; private set; }

    /// <summary>Whether the walk ended at bytes that are no attribute.</summary>
    internal bool IsMalformed { get; private set; }

    /// <summary>Goes to the next attribute.</summary>
    internal bool MoveNext()
    {
        if (_at == _span.Length)
        {
            return false;
        }

        var rest = _span[_at..];
        if (!MemoryMarshal.TryRead(rest, out uint header) || (ushort)header < HeaderSize || (ushort)header > rest.Length)
        {
            _at = _span.Length;
            IsMalformed = true;
            return false;
        }

        var length = (int)(ushort)header;
        Type = (int)(header >> 16) & TypeMask;
        Value = _bytes.Slice(_at + HeaderSize, length - HeaderSize);
        _at += Math.Min((length + 3) & ~3, rest.Length);
        return true;
    }
}
