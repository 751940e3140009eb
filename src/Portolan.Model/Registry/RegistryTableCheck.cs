using System.Buffers.Binary;
using System.Numerics;
using System.Text.Unicode;

namespace Portolan.Model.Registry;

/// <summary>Decides once whether bytes from a file are a table, so that reading them later needs no checks.</summary>
internal static class RegistryTableCheck
{
    /// <summary>No table is longer; IANA's takes 0.4 MB.</summary>
    public const int MaximumLength = 16 << 20;

    /// <summary>No line of text is longer, in bytes; IANA's longest has 255. A bound on the work of every lookup.</summary>
    public const int MaximumLine = 4096;

    /// <summary>Splits a file into numbers and text. Nothing in the bytes is trusted.</summary>
    /// <param name="file">The whole file.</param>
    /// <param name="numbersLength">How much of the file is numbers; the rest is text.</param>
    /// <param name="reason">Why it is not a table, when <c>false</c> is returned.</param>
    public static bool TrySplit(ReadOnlySpan<byte> file, out int numbersLength, out string reason)
    {
        numbersLength = 0;
        if (file.Length < RegistryTable.HeaderSize || BinaryPrimitives.ReadUInt64LittleEndian(file) != RegistryTable.Magic)
        {
            reason = "it is not a registry table";
            return false;
        }

        var version = BinaryPrimitives.ReadUInt32LittleEndian(file[8..]);
        if (version != RegistryTable.FormatVersion)
        {
            reason = $"its format is version {version}, but this program reads version {RegistryTable.FormatVersion}";
            return false;
        }

        var header = new RegistryTable(file, default);
        if (header.RecordCount is < 0 or > ushort.MaxValue
            || header.SlotCount is < 0 or > ushort.MaxValue
            || header.ReferenceCount is < 0 or > ushort.MaxValue
            || header.NamedCount < 0 || header.NamedCount > header.RecordCount
            || header.BucketCount != RegistryTable.BucketsFor(header.NamedCount)
            || header.AsOfDay < 0 || header.AsOfDay > DateOnly.MaxValue.DayNumber
            || header.TextLength is < 1 or > MaximumLength)
        {
            reason = "its header is damaged";
            return false;
        }

        numbersLength = RegistryTable.NumbersLength(
            header.RecordCount, header.SlotCount, header.ReferenceCount, header.NamedCount, header.BucketCount);
        if (file.Length != numbersLength + header.TextLength)
        {
            reason = $"it is {file.Length} bytes long, but its header says {numbersLength + header.TextLength}";
            return false;
        }

        var numbers = file[..numbersLength];
        var text = file[numbersLength..];
        if (BinaryPrimitives.ReadUInt64LittleEndian(file[RegistryTable.ChecksumOffset..]) != Checksum(numbers, text))
        {
            reason = "its checksum does not match: the file is damaged";
            return false;
        }

        // A checksum can be forged, and every lookup relies on what follows.
        var table = new RegistryTable(numbers, text);
        if (!AreRecordsSound(table, text) || !AreSlotsSound(table, text) || !AreNamesSound(table))
        {
            reason = "its contents contradict each other";
            return false;
        }

        reason = string.Empty;
        return true;
    }

    /// <summary>A 64-bit checksum of everything but the checksum itself. It finds damage; it does not resist an attacker.</summary>
    public static ulong Checksum(ReadOnlySpan<byte> numbers, ReadOnlySpan<byte> text)
    {
        var hash = Mix(0x9E37_79B9_7F4A_7C15, numbers[..RegistryTable.ChecksumOffset]);
        hash = Mix(hash, numbers[(RegistryTable.ChecksumOffset + 8)..]);
        return Mix(hash, text);
    }

    private static ulong Mix(ulong hash, ReadOnlySpan<byte> bytes)
    {
        hash ^= (ulong)bytes.Length;
        while (bytes.Length >= 8)
        {
            hash = BitOperations.RotateLeft((hash ^ BinaryPrimitives.ReadUInt64LittleEndian(bytes)) * 0xBF58_476D_1CE4_E5B9, 29);
            bytes = bytes[8..];
        }

        foreach (var value in bytes)
        {
            hash = BitOperations.RotateLeft((hash ^ value) * 0xBF58_476D_1CE4_E5B9, 29);
        }

        return hash;
    }

    private static bool AreRecordsSound(RegistryTable table, ReadOnlySpan<byte> text)
    {
        // Lines are the unit of text: line feeds are the only control characters, and the first line is the empty one.
        if (text[0] != '\n' || text[^1] != '\n' || !Utf8.IsValid(text)
            || text.ContainsAnyInRange((byte)0, (byte)9) || text.ContainsAnyInRange((byte)11, (byte)0x1F) || text.Contains((byte)0x7F))
        {
            return false;
        }

        for (var rest = text; !rest.IsEmpty;)
        {
            var end = rest.IndexOf((byte)'\n');
            if (end > MaximumLine)
            {
                return false;
            }

            rest = rest[(end + 1)..];
        }

        for (var record = 0; record < table.RecordCount; record++)
        {
            var (first, last, kind) = (table.First(record), table.Last(record), table.Kind(record));
            if (first > last
                || (record > 0 && (first, last).CompareTo((table.First(record - 1), table.Last(record - 1))) < 0)
                || kind >> 4 > (int)ServiceStatus.Assigned || (kind & (int)RegistryProtocols.All) == 0
                || !IsName(text, table.PackedName(record))
                || !IsLine(text, table.DescriptionLine(record))
                || !IsLine(text, table.DocumentsLine(record)))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsLine(ReadOnlySpan<byte> text, int offset)
        => offset == 0 || (offset > 0 && offset < text.Length && text[offset - 1] == '\n');

    private static bool IsName(ReadOnlySpan<byte> text, uint name)
        => name == 0 || ((byte)name > 0 && IsLine(text, (int)(name >> 8)) && (int)(name >> 8) + (byte)name < text.Length
            && text.Slice((int)(name >> 8), (byte)name + 1).IndexOf((byte)'\n') == (byte)name);

    private static bool AreSlotsSound(RegistryTable table, ReadOnlySpan<byte> text)
    {
        var slot = 0;
        for (var page = 0; page < RegistryTable.PageCount; page++)
        {
            if (table.Rank(page) != slot)
            {
                return false;
            }

            for (var bits = table.Page(page); bits != 0; bits &= bits - 1)
            {
                var port = (page << 6) + BitOperations.TrailingZeroCount(bits);
                if (slot >= table.SlotCount || !IsSlotSound(table, text, slot, port))
                {
                    return false;
                }

                slot++;
            }
        }

        return slot == table.SlotCount && table.SlotStart(0) == 0 && table.SlotStart(slot) == table.ReferenceCount;
    }

    private static bool IsSlotSound(RegistryTable table, ReadOnlySpan<byte> text, int slot, int port)
    {
        var (start, end) = (table.SlotStart(slot), table.SlotStart(slot + 1));
        if (start >= end || end > table.ReferenceCount || !IsName(text, table.Listing(slot, 0)) || !IsName(text, table.Listing(slot, 1)))
        {
            return false;
        }

        for (var i = start; i < end; i++)
        {
            var record = table.Reference(i);
            if (record >= table.RecordCount || port < table.First(record) || port > table.Last(record))
            {
                return false;
            }
        }

        return true;
    }

    private static bool AreNamesSound(RegistryTable table)
    {
        var named = 0;
        for (var record = 0; record < table.RecordCount; record++)
        {
            named += table.Name(record).IsEmpty ? 0 : 1;
        }

        if (named != table.NamedCount)
        {
            return false;
        }

        for (var bucket = 0; bucket < table.BucketCount; bucket++)
        {
            if (table.Bucket(bucket) > table.RecordCount)
            {
                return false;
            }
        }

        for (var i = 0; i < table.NamedCount; i++)
        {
            var record = table.RecordByName(i);
            if (record >= table.RecordCount || table.Name(record).IsEmpty)
            {
                return false;
            }

            if (i > 0)
            {
                // Strictly ascending, so no record stands twice.
                var before = table.RecordByName(i - 1);
                var order = RegistryText.Compare(table.Name(before), table.Name(record));
                if (order > 0 || (order == 0 && before >= record))
                {
                    return false;
                }
            }
        }

        return true;
    }
}
