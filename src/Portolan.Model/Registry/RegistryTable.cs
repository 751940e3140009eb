using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Portolan.Model.Registry;

/// <summary>The registry as bytes, read in place. Nothing is parsed and nothing is allocated.</summary>
/// <remarks>
/// Two parts: numbers (little-endian) and text (UTF-8 lines). The numbers are a 48-byte header and then
/// <list type="bullet">
/// <item>1,024 pages of 64 ports: u64, a bit for every port that has a record; u64, how many such ports are in the pages before, so that
/// a port's slot is one addition and one population count;</item>
/// <item>slots × u32, twice: the names for listings of the port's TCP and UDP;</item>
/// <item>records × u32, three times: the name, and where the description's and the reference's lines begin in the text;</item>
/// <item>records × u16, twice: first and last port;</item>
/// <item>(slots + 1) × u16: where a slot's references begin; references × u16: record numbers, the name for listings first;</item>
/// <item>named × u16: the records that have a name, by name without regard to case;</item>
/// <item>buckets × u16, a power of two: a hash table of names with linear probing; one more than the first record of the name, or 0;</item>
/// <item>records × u8: protocols (bits 0–3) and status (bits 4–5); zeros up to a multiple of 8.</item>
/// </list>
/// A record is one name of one port or range, with the protocols it holds for. Records are ordered by first and last port and then
/// as IANA lists them; those of one range are a group. A name is its offset in the text times 256 plus its length: 0 for none. Bytes from a
/// file pass <see cref="RegistryTableCheck"/> before anything reads them through this type.
/// </remarks>
internal readonly ref struct RegistryTable
{
    public const ulong Magic = 0x4E41_4C4F_5452_4F50; // "PORTOLAN" in the order of the file.
    public const uint FormatVersion = 1;
    public const int HeaderSize = 48;
    public const int ChecksumOffset = 40;
    public const int PageCount = PortNumber.Count / 64;
    private const int PageSize = 16;
    private const int ListingOffset = HeaderSize + (PageCount * PageSize);
    private const byte LineEnd = (byte)'\n';

    private readonly ReadOnlySpan<byte> _numbers;
    private readonly ReadOnlySpan<byte> _text;

    /// <summary>Wraps bytes that are known to be a table.</summary>
    public RegistryTable(ReadOnlySpan<byte> numbers, ReadOnlySpan<byte> text)
    {
        _numbers = numbers;
        _text = text;
        RecordCount = ReadInt32(16);
    }

    public int RecordCount { get; }

    public int SlotCount => ReadInt32(20);

    public int ReferenceCount => ReadInt32(24);

    public int NamedCount => ReadInt32(28);

    public int TextLength => ReadInt32(32);

    public int BucketCount => ReadInt32(36);

    /// <summary>Days since 0001-01-01 of the newest fact in the source.</summary>
    public int AsOfDay => ReadInt32(12);

    /// <summary>How long the numbers are with these counts. No overflow: the counts are at most 65,536.</summary>
    public static int NumbersLength(int records, int slots, int references, int named, int buckets)
        => (ListingOffset + (slots * 8) + (records * 17) + ((slots + 1 + references + named + buckets) * 2) + 7) & ~7;

    /// <summary>How many buckets a table of so many names has: a power of two, at least twice as many.</summary>
    public static int BucketsFor(int named) => (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(named * 2, 2));

    /// <summary>The hash of a name in small letters (FNV-1a, its upper half folded in).</summary>
    public static int Hash(ReadOnlySpan<byte> folded)
    {
        var hash = 2166136261u;
        foreach (var value in folded)
        {
            hash = (hash ^ value) * 16777619;
        }

        return (int)(hash ^ (hash >> 15)) & int.MaxValue;
    }

    /// <summary>The name for listings, by the shortest way: two dependent reads of numbers, then the text.</summary>
    /// <param name="numbers">The numbers.</param>
    /// <param name="text">The text.</param>
    /// <param name="port">The port.</param>
    /// <param name="which">0 for TCP, 1 for UDP.</param>
    public static ReadOnlySpan<byte> ListingName(ReadOnlySpan<byte> numbers, ReadOnlySpan<byte> text, int port, int which)
    {
        var page = numbers.Slice(HeaderSize + ((port >> 6) * PageSize), PageSize);
        var ports = BinaryPrimitives.ReadUInt64LittleEndian(page);
        var bit = 1UL << port;
        if ((ports & bit) == 0)
        {
            return default;
        }

        var slot = BinaryPrimitives.ReadInt32LittleEndian(page[8..]) + BitOperations.PopCount(ports & (bit - 1));
        var name = BinaryPrimitives.ReadUInt32LittleEndian(numbers[(ListingOffset + (slot * 8) + (which * 4))..]);
        return text.Slice((int)(name >> 8), (byte)name);
    }

    /// <summary>The records of a port as indices into <see cref="Reference"/>; empty when it has none.</summary>
    public (int Start, int End) ReferencesOf(int port)
    {
        var ports = Page(port >> 6);
        var bit = 1UL << port;
        if ((ports & bit) == 0)
        {
            return default;
        }

        var slot = Rank(port >> 6) + BitOperations.PopCount(ports & (bit - 1));
        return (SlotStart(slot), SlotStart(slot + 1));
    }

    /// <summary>The first record, in the order of names, that has this name; -1 when none has.</summary>
    public int RecordOfName(ReadOnlySpan<byte> folded)
    {
        var buckets = BucketsOffset;
        var mask = BucketCount - 1;
        for (int bucket = Hash(folded) & mask, probes = 0; probes <= mask; bucket = (bucket + 1) & mask, probes++)
        {
            var record = ReadUInt16(buckets + (bucket * 2)) - 1;
            if (record < 0)
            {
                return -1;
            }

            if (Ascii.EqualsIgnoreCase(Name(record), folded))
            {
                return record;
            }
        }

        return -1;
    }

    public ulong Page(int index) => BinaryPrimitives.ReadUInt64LittleEndian(_numbers[(HeaderSize + (index * PageSize))..]);

    public int Rank(int index) => ReadInt32(HeaderSize + (index * PageSize) + 8);

    public uint Listing(int slot, int which) => (uint)ReadInt32(ListingOffset + (slot * 8) + (which * 4));

    public int Bucket(int index) => ReadUInt16(BucketsOffset + (index * 2));

    public int SlotStart(int slot) => ReadUInt16(SlotsOffset + (slot * 2));

    public int Reference(int index) => ReadUInt16(ReferencesOffset + (index * 2));

    public int RecordByName(int index) => ReadUInt16(ReferencesOffset + ((ReferenceCount + index) * 2));

    public int First(int record) => ReadUInt16(FirstOffset + (record * 2));

    public int Last(int record) => ReadUInt16(FirstOffset + ((RecordCount + record) * 2));

    public byte Kind(int record) => _numbers[BucketsOffset + (BucketCount * 2) + record];

    public RegistryProtocols Protocols(int record) => (RegistryProtocols)(Kind(record) & (byte)RegistryProtocols.All);

    public ServiceStatus Status(int record) => (ServiceStatus)(Kind(record) >> 4);

    public uint PackedName(int record) => (uint)ReadInt32(NamesOffset + (record * 4));

    public int DescriptionLine(int record) => ReadInt32(NamesOffset + ((RecordCount + record) * 4));

    public int DocumentsLine(int record) => ReadInt32(NamesOffset + (((RecordCount * 2) + record) * 4));

    public ReadOnlySpan<byte> Name(int record)
    {
        var name = PackedName(record);
        return _text.Slice((int)(name >> 8), (byte)name);
    }

    public ReadOnlySpan<byte> Description(int record) => Line(DescriptionLine(record));

    public ReadOnlySpan<byte> Documents(int record) => Line(DocumentsLine(record));

    private int NamesOffset => ListingOffset + (SlotCount * 8);

    private int FirstOffset => NamesOffset + (RecordCount * 12);

    private int SlotsOffset => NamesOffset + (RecordCount * 16);

    private int ReferencesOffset => SlotsOffset + ((SlotCount + 1) * 2);

    private int BucketsOffset => ReferencesOffset + ((ReferenceCount + NamedCount) * 2);

    private ReadOnlySpan<byte> Line(int offset)
    {
        var rest = _text[offset..];
        return rest[..rest.IndexOf(LineEnd)];
    }

    private int ReadInt32(int offset) => BinaryPrimitives.ReadInt32LittleEndian(_numbers[offset..]);

    private ushort ReadUInt16(int offset) => BinaryPrimitives.ReadUInt16LittleEndian(_numbers[offset..]);
}
