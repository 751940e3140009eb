using static System.Buffers.Binary.BinaryPrimitives;

namespace Portolan.Packets;

/// <summary>Why a capture file goes no further.</summary>
public enum PcapngEnd : byte
{
    /// <summary>It does go on.</summary>
    None,

    /// <summary>The file is over, after a whole block.</summary>
    Complete,

    /// <summary>The file ends within a block, as one does that is still being written.</summary>
    Truncated,

    /// <summary>It is not a pcapng file, or damaged from here on; see <see cref="PcapngReader.Fault"/>.</summary>
    Malformed,
}

/// <summary>
/// Reads capture files in pcapng (draft-ietf-opsawg-pcapng): sections of either byte order, interfaces, enhanced and simple packets,
/// comments. Other blocks are skipped and counted. What the file holds never makes it throw. One thread at a time.
/// </summary>
public sealed class PcapngReader
{
    /// <summary>The largest block that is read unless told otherwise: 16 MiB.</summary>
    public const int DefaultMaxBlockLength = 16 << 20;

    private const int MaxInterfaces = 65_536;

    private readonly Stream _stream;
    private readonly int _maxBlockLength;
    private readonly List<PcapngInterface> _interfaces = [];
    private readonly List<string> _comments = [];
    private byte[] _block = new byte[2048];
    private bool _isBigEndian;
    private bool _isInSection;

    /// <summary>Reads from where the stream stands. The caller closes it; only its own failures are thrown.</summary>
    /// <param name="stream">The file.</param>
    /// <param name="maxBlockLength">Blocks that are longer are taken for damage, so that a file cannot ask for any amount of
    /// memory.</param>
    public PcapngReader(Stream stream, int maxBlockLength = DefaultMaxBlockLength)
    {
        _stream = stream;
        _maxBlockLength = maxBlockLength;
    }

    /// <summary>Why <see cref="TryRead"/> returned false.</summary>
    public PcapngEnd End { get; private set; }

    /// <summary>What is wrong, for a malformed or truncated file; else empty.</summary>
    public string Fault { get; private set; } = "";

    /// <summary>The interfaces of the current section, by number.</summary>
    public IReadOnlyList<PcapngInterface> Interfaces => _interfaces;

    /// <summary>The comments of section headers and interfaces so far. From outside: hostile.</summary>
    public IReadOnlyList<string> Comments => _comments;

    /// <summary>How many sections have begun.</summary>
    public int Sections { get; private set; }

    /// <summary>How many blocks of other types were passed over.</summary>
    public long SkippedBlocks { get; private set; }

    /// <summary>Reads on to the next frame. After false it stays false; see <see cref="End"/>.</summary>
    public bool TryRead(out PcapngPacket packet)
    {
        while (End == PcapngEnd.None && TryReadBlock(out var type, out var length))
        {
            var body = _block.AsSpan(8, length - PcapngFormat.MinBlockLength);
            switch (type)
            {
                case PcapngFormat.SectionHeader:
                    ReadSection(body);
                    break;
                case PcapngFormat.InterfaceDescription:
                    ReadInterface(body);
                    break;
                case PcapngFormat.EnhancedPacket:
                    if (TryReadEnhanced(body, out packet))
                    {
                        return true;
                    }

                    break;
                case PcapngFormat.SimplePacket:
                    if (TryReadSimple(body, out packet))
                    {
                        return true;
                    }

                    break;
                default:
                    SkippedBlocks++;
                    break;
            }
        }

        packet = default;
        return false;
    }

    private bool TryReadBlock(out uint type, out int length)
    {
        length = 0;
        type = 0;
        var start =
            _stream.ReadAtLeast(_block.AsSpan(0, PcapngFormat.MinBlockLength), PcapngFormat.MinBlockLength, throwOnEndOfStream: false);
        if (start == 0 && _isInSection)
        {
            End = PcapngEnd.Complete;
            return false;
        }

        if (start < PcapngFormat.MinBlockLength)
        {
            return _isInSection ? Cut("the file ends within a block's header") : Refuse("no section header block");
        }

        // The type of a section header reads the same in either byte order; its magic number reports which one holds from there on.
        type = Read32(_block);
        if (type == PcapngFormat.SectionHeader)
        {
            var magic = ReadUInt32BigEndian(_block.AsSpan(8));
            _isBigEndian = magic == PcapngFormat.ByteOrderMagic;
            if (!_isBigEndian && ReverseEndianness(magic) != PcapngFormat.ByteOrderMagic)
            {
                return Refuse("a section header without its byte-order magic");
            }
        }
        else if (!_isInSection)
        {
            return Refuse("no section header block");
        }

        var total = Read32(_block.AsSpan(4));
        if (total < PcapngFormat.MinBlockLength || total % 4 != 0 || total > _maxBlockLength)
        {
            return Refuse($"a block of {total} bytes");
        }

        length = (int)total;
        if (_block.Length < length)
        {
            // Grown as the bytes come, so that a short file cannot ask for much memory.
            return TryReadLarge(length);
        }

        var rest = length - PcapngFormat.MinBlockLength;
        return _stream.ReadAtLeast(_block.AsSpan(PcapngFormat.MinBlockLength, rest), rest, throwOnEndOfStream: false) < rest
            ? Cut("the file ends within a block")
            : CheckTrailer(length);
    }

    private bool TryReadLarge(int length)
    {
        for (var have = PcapngFormat.MinBlockLength; have < length;)
        {
            if (have == _block.Length)
            {
                Array.Resize(ref _block, Math.Min(length, 2 * _block.Length));
            }

            var room = Math.Min(_block.Length, length) - have;
            if (_stream.ReadAtLeast(_block.AsSpan(have, room), room, throwOnEndOfStream: false) < room)
            {
                return Cut("the file ends within a block");
            }

            have += room;
        }

        return CheckTrailer(length);
    }

    private bool CheckTrailer(int length) => Read32(_block.AsSpan(length - 4)) == length || Refuse("a block whose two lengths differ");

    private void ReadSection(ReadOnlySpan<byte> body)
    {
        if (body.Length < 16)
        {
            Refuse("a section header that is cut short");
            return;
        }

        if (Read16(body[4..]) != 1)
        {
            Refuse($"version {Read16(body[4..])} of pcapng");
            return;
        }

        Sections++;
        _isInSection = true;
        _interfaces.Clear();
        _comments.AddRange(new PcapngOptions(body[16..], _isBigEndian).Comments);
    }

    private void ReadInterface(ReadOnlySpan<byte> body)
    {
        if (body.Length < 8 || _interfaces.Count == MaxInterfaces)
        {
            Refuse("an interface description that is cut short, or too many of them");
            return;
        }

        var (name, resolution, offset) = ("", (byte)6, 0L);
        var options = new PcapngOptions(body[8..], _isBigEndian);
        foreach (var option in options)
        {
            switch (option.Code)
            {
                case PcapngFormat.InterfaceName:
                    name = option.Text;
                    break;
                case PcapngFormat.TimestampResolution when option.Value.Length == 1:
                    resolution = option.Value[0];
                    break;
                case PcapngFormat.TimestampOffset when option.Value.Length == 8:
                    offset = option.Read64();
                    break;
            }
        }

        _comments.AddRange(options.Comments);
        _interfaces.Add(new PcapngInterface(Read16(body), Read32(body[4..]), name, resolution, offset));
    }

    private bool TryReadEnhanced(ReadOnlySpan<byte> body, out PcapngPacket packet)
    {
        packet = default;
        if (body.Length < 20)
        {
            return Refuse("an enhanced packet block that is cut short");
        }

        var number = Read32(body);
        var captured = Read32(body[12..]);
        if (number >= (uint)_interfaces.Count)
        {
            return Refuse($"a packet of interface {number}, which is not described");
        }

        if (captured > (uint)(body.Length - 20))
        {
            return Refuse("a packet that is longer than its block");
        }

        var from = _interfaces[(int)number];
        var time = ((ulong)Read32(body[4..]) << 32) | Read32(body[8..]);
        var end = Math.Min(body.Length, 20 + (((int)captured + 3) & ~3));
        packet = new PcapngPacket(
            from, (int)number, from.ToNanoseconds(time), Read32(body[16..]), body.Slice(20, (int)captured),
            new PcapngOptions(body[end..], _isBigEndian));
        return true;
    }

    private bool TryReadSimple(ReadOnlySpan<byte> body, out PcapngPacket packet)
    {
        packet = default;
        if (body.Length < 4 || _interfaces.Count == 0)
        {
            return Refuse("a simple packet block that is cut short, or without an interface");
        }

        // Section 4.4: how much was kept is not said, but follows from the original length, the snap length and the block.
        var original = Read32(body);
        var snap = _interfaces[0].SnapLength == 0 ? uint.MaxValue : _interfaces[0].SnapLength;
        var captured = Math.Min(original, snap);
        if (captured > (uint)(body.Length - 4))
        {
            return Refuse("a packet that is longer than its block");
        }

        packet = new PcapngPacket(_interfaces[0], 0, null, original, body.Slice(4, (int)captured), default);
        return true;
    }

    private bool Refuse(string fault)
    {
        End = PcapngEnd.Malformed;
        Fault = fault;
        return false;
    }

    private bool Cut(string fault)
    {
        End = PcapngEnd.Truncated;
        Fault = fault;
        return false;
    }

    private uint Read32(ReadOnlySpan<byte> bytes) => _isBigEndian ? ReadUInt32BigEndian(bytes) : ReadUInt32LittleEndian(bytes);

    private ushort Read16(ReadOnlySpan<byte> bytes) => _isBigEndian ? ReadUInt16BigEndian(bytes) : ReadUInt16LittleEndian(bytes);
}
