using System.Buffers.Binary;

namespace Portolan.Linux.Bpf;

/// <summary>
/// Finds a few types in BTF, the kernel's description of its own structures (Documentation/bpf/btf.rst). Never throws on hostile bytes.
/// </summary>
/// <remarks>
/// Types have no index: the number of a type is its place in a sequence of records of varying length. So all that is wanted is
/// found in one walk over the kernel's 150,000 records, by comparing name offsets; no record is kept. Little-endian only.
/// </remarks>
internal readonly ref struct BtfReader
{
    private const ushort Magic = 0xeb9f;
    private const int HeaderSize = 24;
    private const int RecordSize = 12;
    private const int MemberSize = 12;
    private const int DeepestNesting = 8;

    // Each anonymous member costs a walk; task_struct needs one or two.
    private const int MostWalks = 64;

    private readonly ReadOnlySpan<byte> _types;
    private readonly ReadOnlySpan<byte> _strings;

    // What follows a record's head, by kind: bytes once, and bytes for each of its members (Documentation/bpf/btf.rst section 2.2).
    private static ReadOnlySpan<byte> FixedExtra => [0, 4, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 4, 0, 0];

    private static ReadOnlySpan<byte> ExtraPerMember => [0, 0, 0, 0, 12, 12, 8, 0, 0, 0, 0, 0, 0, 8, 0, 12, 0, 0, 0, 12];

    private BtfReader(ReadOnlySpan<byte> types, ReadOnlySpan<byte> strings)
    {
        _types = types;
        _strings = strings;
    }

    /// <summary>Checks the header and the bounds of both sections.</summary>
    internal static bool TryOpen(ReadOnlySpan<byte> file, out BtfReader reader)
    {
        reader = default;
        if (file.Length < HeaderSize || BinaryPrimitives.ReadUInt16LittleEndian(file) != Magic || file[2] != 1)
        {
            return false;
        }

        var headerLength = BinaryPrimitives.ReadUInt32LittleEndian(file[4..]);
        if (headerLength < HeaderSize || headerLength > file.Length)
        {
            return false;
        }

        var body = file[(int)headerLength..];
        if (!TrySlice(body, file[8..], out var types) || !TrySlice(body, file[16..], out var strings) || strings.IsEmpty || strings[0] != 0)
        {
            return false;
        }

        reader = new BtfReader(types, strings);
        return true;
    }

    /// <summary>Finds the first type of each name and kind in one walk; what is not there is left with the number 0.</summary>
    internal void Find(Span<BtfQuery> queries)
    {
        // A name that is not in the string section keeps the offset 0, which belongs to types without a name and is never compared.
        var open = 0;
        foreach (ref var query in queries)
        {
            query.NameOffset = FindString(query.Name);
            query.Id = 0;
            open += query.NameOffset != 0 ? 1 : 0;
        }

        var types = _types;
        uint id = 1;
        for (var at = 0; open > 0 && TryRecord(types, at, out var record, out var next); at = next, id++)
        {
            if (record.NameOffset == 0)
            {
                continue;
            }

            foreach (ref var query in queries)
            {
                if (query.NameOffset == record.NameOffset && query.Id == 0 && query.Kind == record.Kind)
                {
                    query.Id = id;
                    query.Position = at;
                    open--;
                }
            }
        }
    }

    /// <summary>The offset in bytes of a member of a structure, also where it lies in an anonymous structure or union within it.</summary>
    internal bool TryFindMember(in BtfQuery structure, ReadOnlySpan<byte> member, out int offset)
    {
        offset = 0;
        var walks = MostWalks;
        return structure.Id != 0 && TryFindMember(structure.Position, member, DeepestNesting, ref walks, out var bits)
            && Whole(bits, out offset);
    }

    private bool TryFindMember(int position, ReadOnlySpan<byte> name, int depth, ref int walks, out long bits)
    {
        bits = 0;
        if (depth == 0 || !TryRecord(_types, position, out var record, out var end) || record.Kind is not (BtfKind.Struct or BtfKind.Union))
        {
            return false;
        }

        for (var at = position + RecordSize; at < end; at += MemberSize)
        {
            if (NameEquals(BinaryPrimitives.ReadUInt32LittleEndian(_types[at..]), name))
            {
                return TryMemberOffset(record, at, out bits);
            }
        }

        // Second, so that the walks for anonymous members are spared where the member is the structure's own.
        for (var at = position + RecordSize; at < end; at += MemberSize)
        {
            if (BinaryPrimitives.ReadUInt32LittleEndian(_types[at..]) == 0 && walks-- > 0
                && TryPosition(BinaryPrimitives.ReadUInt32LittleEndian(_types[(at + 4)..]), out var inner)
                && TryFindMember(inner, name, depth - 1, ref walks, out var innerBits)
                && TryMemberOffset(record, at, out var outerBits))
            {
                bits = outerBits + innerBits;
                return true;
            }
        }

        return false;
    }

    // With the kind flag the upper eight bits are a bit field's width: such a member has no address.
    private bool TryMemberOffset(in Record record, int at, out long bits)
    {
        var value = BinaryPrimitives.ReadUInt32LittleEndian(_types[(at + 8)..]);
        bits = record.KindFlag ? value & 0xff_ffff : value;
        return !record.KindFlag || value >> 24 == 0;
    }

    private bool TryPosition(uint id, out int position)
    {
        position = 0;
        for (uint current = 1; current < id; current++)
        {
            if (!TryRecord(_types, position, out _, out position))
            {
                return false;
            }
        }

        return id != 0;
    }

    private bool NameEquals(uint offset, ReadOnlySpan<byte> name)
        => offset != 0 && offset < _strings.Length && _strings[(int)offset..] is var text
            && text.Length > name.Length && text[name.Length] == 0 && text.StartsWith(name);

    // Every string is stored once, between two NULs.
    private uint FindString(ReadOnlySpan<byte> name)
    {
        Span<byte> needle = stackalloc byte[64];
        if (name.IsEmpty || name.Length + 2 > needle.Length)
        {
            return 0;
        }

        needle[0] = 0;
        name.CopyTo(needle[1..]);
        needle[name.Length + 1] = 0;
        return (uint)(_strings.IndexOf(needle[..(name.Length + 2)]) + 1);
    }

    private static bool TryRecord(ReadOnlySpan<byte> types, int at, out Record record, out int next)
    {
        record = default;
        next = 0;
        if (at > types.Length - RecordSize)
        {
            return false;
        }

        var head = types.Slice(at, RecordSize);
        var info = BinaryPrimitives.ReadUInt32LittleEndian(head[4..]);
        var kind = (int)(info >> 24) & 0x1f;
        record = new Record(BinaryPrimitives.ReadUInt32LittleEndian(head), (BtfKind)kind, info >> 31 != 0);
        if (kind > (int)BtfKind.Enum64)
        {
            // A kind from a newer kernel has an unknown length: nothing after it can be read.
            return false;
        }

        next = at + RecordSize + FixedExtra[kind] + ((int)(info & 0xffff) * ExtraPerMember[kind]);
        return next <= types.Length;
    }

    private static bool TrySlice(ReadOnlySpan<byte> body, ReadOnlySpan<byte> bounds, out ReadOnlySpan<byte> section)
    {
        var offset = BinaryPrimitives.ReadUInt32LittleEndian(bounds);
        var length = BinaryPrimitives.ReadUInt32LittleEndian(bounds[4..]);
        var fits = (ulong)offset + length <= (ulong)body.Length;
        section = fits ? body.Slice((int)offset, (int)length) : default;
        return fits;
    }

    private static bool Whole(long bits, out int bytes)
    {
        bytes = (int)(bits / 8);
        return bits % 8 == 0 && bits / 8 <= short.MaxValue;
    }

    private readonly record struct Record(uint NameOffset, BtfKind Kind, bool KindFlag);
}

/// <summary>A type to find in BTF, and where it was found.</summary>
/// <param name="Name">Its name, ASCII.</param>
/// <param name="Kind">Its kind.</param>
internal record struct BtfQuery(byte[] Name, BtfKind Kind)
{
    /// <summary>Its number, 0 when it was not found.</summary>
    internal uint Id { get; set; }

    /// <summary>Where its record begins in the type section.</summary>
    internal int Position { get; set; }

    /// <summary>Its name's place in the string section, 0 when it is not there.</summary>
    internal uint NameOffset { get; set; }
}
