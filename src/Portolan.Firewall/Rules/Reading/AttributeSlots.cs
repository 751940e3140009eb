using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Portolan.Firewall.Rules.Reading;

/// <summary>The attributes of a message or a nest by their number. Netfilter writes numbers in network order.</summary>
/// <remarks>Of an attribute that is there twice the last counts, as in the kernel (nla_parse).</remarks>
internal ref struct AttributeSlots
{
    /// <summary>More than any message of nf_tables or ipset has.</summary>
    internal const int Count = 32;

    private const int HeaderSize = 4;
    private const ushort TypeMask = 0x3fff;

    private ReadOnlyMemory<byte> _bytes;
    private ReadOnlySpan<byte> _span;
    private Slots _slots;

    /// <summary>Reads attributes, whatever their numbers are.</summary>
    /// <returns>Whether the bytes are attributes from the first to the last.</returns>
    internal static bool TryRead(ReadOnlyMemory<byte> bytes, out AttributeSlots attributes) => TryRead(bytes, int.MaxValue, out attributes);

    /// <summary>
    /// Reads attributes of which none may have a higher number than <paramref name="last"/>: what a newer kernel says besides could change
    /// the meaning.
    /// </summary>
    internal static bool TryRead(ReadOnlyMemory<byte> bytes, int last, out AttributeSlots attributes)
    {
        attributes = default;
        Span<Slot> slots = attributes._slots;

        // Cleared once more: the program compiled ahead of time, and only that, has met slots that no attribute of the message had filled.
        slots.Clear();
        attributes._bytes = bytes;
        attributes._span = bytes.Span;
        var span = attributes._span;
        var at = 0;
        while (span.Length - at >= HeaderSize)
        {
            var header = MemoryMarshal.Read<uint>(span[at..]);
            var length = (int)(ushort)header;
            var type = (int)(header >> 16) & TypeMask;
            if (length < HeaderSize || length > span.Length - at || type > last)
            {
                return false;
            }

            if (type < Count)
            {
                attributes._slots[type] = new Slot(at + HeaderSize, length - HeaderSize);
            }

            at += Math.Min((length + 3) & ~3, span.Length - at);
        }

        return at == span.Length;
    }

    /// <summary>Whether the attribute is there.</summary>
    internal readonly bool Has(int type) => _slots[type].Start != 0;

    /// <summary>The value, empty when it is not there.</summary>
    internal readonly ReadOnlyMemory<byte> Bytes(int type) => _bytes.Slice(_slots[type].Start, _slots[type].Length);

    /// <summary>The value, empty when it is not there.</summary>
    internal readonly ReadOnlySpan<byte> Span(int type) => _span.Slice(_slots[type].Start, _slots[type].Length);

    /// <summary>A byte.</summary>
    internal readonly bool TryByte(int type, out byte value)
    {
        var span = Span(type);
        value = span.Length >= sizeof(byte) ? span[0] : default;
        return span.Length >= sizeof(byte);
    }

    /// <summary>16 bits, network order.</summary>
    internal readonly bool TryUInt16(int type, out ushort value) => BinaryPrimitives.TryReadUInt16BigEndian(Span(type), out value);

    /// <summary>32 bits, network order.</summary>
    internal readonly bool TryUInt32(int type, out uint value) => BinaryPrimitives.TryReadUInt32BigEndian(Span(type), out value);

    /// <summary>64 bits, network order.</summary>
    internal readonly bool TryUInt64(int type, out ulong value) => BinaryPrimitives.TryReadUInt64BigEndian(Span(type), out value);

    /// <summary>32 bits, or 0 when they are not there.</summary>
    internal readonly uint UInt32OrZero(int type) => TryUInt32(type, out var value) ? value : 0;

    /// <summary>32 bits, or <c>null</c>.</summary>
    internal readonly uint? UInt32OrNull(int type) => TryUInt32(type, out var value) ? value : null;

    /// <summary>64 bits, or 0 when they are not there.</summary>
    internal readonly ulong UInt64OrZero(int type) => TryUInt64(type, out var value) ? value : 0;

    /// <summary>64 bits, or <c>null</c>.</summary>
    internal readonly ulong? UInt64OrNull(int type) => TryUInt64(type, out var value) ? value : null;

    /// <summary>A length or an offset: at most 65535, which no packet exceeds.</summary>
    internal readonly bool TryLength(int type, out int value)
    {
        var found = TryUInt32(type, out var number) && number <= ushort.MaxValue;
        value = found ? (int)number : 0;
        return found;
    }

    /// <summary>A register of data.</summary>
    internal readonly bool TryRegister(int type, out Register register)
    {
        var found = TryUInt32(type, out var number) ? Register.FromKernel(number) : null;
        register = found ?? default;
        return found is { IsVerdict: false };
    }

    /// <summary>A register of data that so many bytes fit into.</summary>
    internal readonly bool TryRegister(int type, int length, out Register register) =>
        TryRegister(type, out register) && length > 0 && length <= (Register.WordCount - register.Word) * sizeof(uint);

    /// <summary>A register that need not be given; false when it is given and wrong.</summary>
    internal readonly bool TryOptionalRegister(int type, out Register? register)
    {
        register = null;
        if (!Has(type))
        {
            return true;
        }

        var valid = TryRegister(type, out var given);
        register = given;
        return valid;
    }

    private readonly record struct Slot(int Start, int Length);

    [InlineArray(Count)]
    private struct Slots
    {
        private Slot _first;
    }
}
