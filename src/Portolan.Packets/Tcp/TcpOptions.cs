using static System.Buffers.Binary.BinaryPrimitives;

namespace Portolan.Packets;

/// <summary>An option of a TCP header: kind and data (RFC 9293 section 3.1).</summary>
/// <param name="kind">Which one.</param>
/// <param name="data">Its bytes without kind and length.</param>
public readonly ref struct TcpOption(TcpOptionKind kind, ReadOnlySpan<byte> data)
{
    /// <summary>The first byte of the option.</summary>
    public TcpOptionKind Kind { get; } = kind;

    /// <summary>Its bytes without kind and length. See <see cref="HasLegalLength"/>.</summary>
    public ReadOnlySpan<byte> Data { get; } = data;

    /// <summary>Whether it has a length that its kind allows. One that has not is as good as absent (RFC 9293 section 3.1).</summary>
    public bool HasLegalLength => Kind.Allows(Data.Length);
}

/// <summary>
/// The options of a TCP segment. <c>foreach</c> gives all but padding and ends quietly at the end of the list or at the first option
/// that is cut short; the properties take the first option of their kind that has the right length.
/// </summary>
/// <remarks>
/// RFC 9293 section 3.1: in any segment and without alignment (MUST-4, MUST-5, MUST-64); what is unknown is passed over (MUST-6), an
/// impossible length ends the list (MUST-7).
/// </remarks>
public readonly ref struct TcpOptions
{
    internal TcpOptions(ReadOnlySpan<byte> bytes) => Bytes = bytes;

    /// <summary>The options as they came, 0–40 bytes.</summary>
    public ReadOnlySpan<byte> Bytes { get; }

    /// <summary>MSS in bytes; <c>null</c> when absent.</summary>
    public ushort? MaximumSegmentSize => TryFind(TcpOptionKind.MaximumSegmentSize, 2, out var data) ? ReadUInt16BigEndian(data) : null;

    /// <summary>The shift of the window; <c>null</c> when absent. Values above 14 count as 14 (RFC 7323 section 2.3).</summary>
    public byte? WindowScale => TryFind(TcpOptionKind.WindowScale, 1, out var data) ? data[0] : null;

    /// <summary>Whether the sender understands selective acknowledgments.</summary>
    public bool SackPermitted => TryFind(TcpOptionKind.SackPermitted, 0, out _);

    /// <summary>The selectively acknowledged blocks, at most four; empty when there are none.</summary>
    public TcpSackBlocks SackBlocks
    {
        get
        {
            foreach (var option in this)
            {
                if (option.Kind == TcpOptionKind.Sack && option.Data.Length > 0 && option.Data.Length % TcpSackBlocks.BlockLength == 0)
                {
                    return new TcpSackBlocks(option.Data);
                }
            }

            return default;
        }
    }

    /// <summary>Reads the timestamps option: TSval and TSecr.</summary>
    public bool TryReadTimestamps(out uint value, out uint echo)
    {
        var found = TryFind(TcpOptionKind.Timestamps, 8, out var data);
        value = found ? ReadUInt32BigEndian(data) : 0;
        echo = found ? ReadUInt32BigEndian(data[4..]) : 0;
        return found;
    }

    /// <summary>Reads all known options in one walk.</summary>
    public TcpOptionValues Read() => TcpOptionValues.From(this);

    /// <summary>For <c>foreach</c>.</summary>
    public Enumerator GetEnumerator() => new(Bytes);

    private bool TryFind(TcpOptionKind kind, int length, out ReadOnlySpan<byte> data)
    {
        foreach (var option in this)
        {
            if (option.Kind == kind && option.Data.Length == length)
            {
                data = option.Data;
                return true;
            }
        }

        data = default;
        return false;
    }

    /// <summary>Walks the options.</summary>
    public ref struct Enumerator
    {
        private ReadOnlySpan<byte> _rest;

        internal Enumerator(ReadOnlySpan<byte> bytes)
        {
            _rest = bytes;
            Current = default;
        }

        /// <summary>The option reached.</summary>
        public TcpOption Current { get; private set; }

        /// <summary>Goes to the next option.</summary>
        public bool MoveNext()
        {
            while (_rest.Length > 0 && _rest[0] == (byte)TcpOptionKind.NoOperation)
            {
                _rest = _rest[1..];
            }

            if (_rest.Length < 2 || _rest[0] == (byte)TcpOptionKind.EndOfList || _rest[1] < 2 || _rest[1] > _rest.Length)
            {
                _rest = default;
                return false;
            }

            Current = new TcpOption((TcpOptionKind)_rest[0], _rest[2.._rest[1]]);
            _rest = _rest[_rest[1]..];
            return true;
        }
    }
}
