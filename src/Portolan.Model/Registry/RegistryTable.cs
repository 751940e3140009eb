using System.Buffers.Binary;
using System.Numerics;

namespace Portolan.Model.Registry;

/// <summary>The registry as bytes, read in place. Nothing is parsed and nothing is allocated.</summary>
/// <remarks>
/// Two parts: numbers (little-endian) and text (UTF-8 lines). The numbers are a 48-byte header and then
/// <list type="bullet">
/// <item>1,024 words of 64 bits: bit p is set when port p has a record;</item>
/// <item>1,024 × u16: how many bits are set before each word, so that a port's slot is one addition and one population count;</item>
/// <item>records × u32, three times: where the name's, the description's and the reference's line begins in the text;</item>
/// <item>records × u16, twice: first and last port;</item>
/// <item>(slots + 1) × u16: where a slot's references begin; references × u16: record numbers, the name for listings first;</item>
/// <item>named × u16: the records that have a name, by name without regard to case;</item>
/// <item>records × u8: protocols (bits 0–3) and status (bits 4–5); zeros up to a multiple of 8.</item>
/// </list>
/// A record is one name of one port or range, with the protocols it holds for. Records are ordered by first and last port and then
/// as IANA lists them; those of one range are a group. Bytes from a file pass <see cref="RegistryTableCheck"/> before anything
/// reads them through this type.
/// </remarks>
internal readonly ref struct RegistryTable
{
    public const ulong Magic = 0x4E41_4C4F_5452_4F50; // "PORTOLAN" in the order of the file.
    public const uint FormatVersion = 1;
    public const int HeaderSize = 48;
    public const int ChecksumOffset = 40;
    public const int WordCount = PortNumber.Count / 64;
    private const int RanksOffset = HeaderSize + (WordCount * 8);
    private const int NamesOffset = RanksOffset + (WordCount * 2);
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

    /// <summary>Days since 0001-01-01 of the newest fact in the source.</summary>
    public int AsOfDay => ReadInt32(12);

    /// <summary>How long the numbers are with these counts. No overflow: the counts are at most 65,536.</summary>
    public static int NumbersLength(int records, int slots, int references, int named)
        => (NamesOffset + (records * 17) + ((slots + 1 + references + named) * 2) + 7) & ~7;

    /// <summary>The records of a port as indices into <see cref="Reference"/>; empty when it has none.</summary>
    public (int Start, int End) ReferencesOf(int port)
    {
        var word = BinaryPrimitives.ReadUInt64LittleEndian(_numbers[(HeaderSize + ((port >> 6) * 8))..]);
        var bit = 1UL << port;
        if ((word & bit) == 0)
        {
            return default;
        }

        var slot = ReadUInt16(RanksOffset + ((port >> 6) * 2)) + BitOperations.PopCount(word & (bit - 1));
        var at = SlotsOffset + (slot * 2);
        return (ReadUInt16(at), ReadUInt16(at + 2));
    }

    public ulong Word(int index) => BinaryPrimitives.ReadUInt64LittleEndian(_numbers[(HeaderSize + (index * 8))..]);

    public int Rank(int index) => ReadUInt16(RanksOffset + (index * 2));

    public int SlotStart(int slot) => ReadUInt16(SlotsOffset + (slot * 2));

    public int Reference(int index) => ReadUInt16(ReferencesOffset + (index * 2));

    public int RecordByName(int index) => ReadUInt16(ReferencesOffset + ((ReferenceCount + index) * 2));

    public int First(int record) => ReadUInt16(FirstOffset + (record * 2));

    public int Last(int record) => ReadUInt16(FirstOffset + ((RecordCount + record) * 2));

    public byte Kind(int record) => _numbers[ReferencesOffset + ((ReferenceCount + NamedCount) * 2) + record];

    public RegistryProtocols Protocols(int record) => (RegistryProtocols)(Kind(record) & (byte)RegistryProtocols.All);

    public ServiceStatus Status(int record) => (ServiceStatus)(Kind(record) >> 4);

    public int NameLine(int record) => ReadInt32(NamesOffset + (record * 4));

    public int DescriptionLine(int record) => ReadInt32(NamesOffset + ((RecordCount + record) * 4));

    public int DocumentsLine(int record) => ReadInt32(NamesOffset + (((RecordCount * 2) + record) * 4));

    public ReadOnlySpan<byte> Name(int record) => Line(NameLine(record));

    public ReadOnlySpan<byte> Description(int record) => Line(DescriptionLine(record));

    public ReadOnlySpan<byte> Documents(int record) => Line(DocumentsLine(record));

    private int FirstOffset => NamesOffset + (RecordCount * 12);

    private int SlotsOffset => NamesOffset + (RecordCount * 16);

    private int ReferencesOffset => SlotsOffset + ((SlotCount + 1) * 2);

    private ReadOnlySpan<byte> Line(int offset)
    {
        var rest = _text[offset..];
        return rest[..rest.IndexOf(LineEnd)];
    }

    private int ReadInt32(int offset) => BinaryPrimitives.ReadInt32LittleEndian(_numbers[offset..]);

    private ushort ReadUInt16(int offset) => BinaryPrimitives.ReadUInt16LittleEndian(_numbers[offset..]);
}
