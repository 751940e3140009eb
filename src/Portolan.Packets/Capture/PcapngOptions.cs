using System.Text;
using static System.Buffers.Binary.BinaryPrimitives;

namespace Portolan.Packets;

/// <summary>An option of a pcapng block.</summary>
public readonly ref struct PcapngOption
{
    private readonly bool _isBigEndian;

    internal PcapngOption(ushort code, ReadOnlySpan<byte> value, bool isBigEndian)
    {
        Code = code;
        Value = value;
        _isBigEndian = isBigEndian;
    }

    /// <summary>Which one; what it means depends on the block, but 1 is a comment everywhere.</summary>
    public ushort Code { get; }

    /// <summary>Its bytes.</summary>
    public ReadOnlySpan<byte> Value { get; }

    /// <summary>Its bytes as text: UTF-8, with a replacement for what is none. From outside: hostile.</summary>
    public string Text => Encoding.UTF8.GetString(Value);

    internal uint Read32() => _isBigEndian ? ReadUInt32BigEndian(Value) : ReadUInt32LittleEndian(Value);

    internal long Read64() => _isBigEndian ? ReadInt64BigEndian(Value) : ReadInt64LittleEndian(Value);
}

/// <summary>The options of a block. <c>foreach</c> ends at the end of the list or quietly at the first option that does not fit.</summary>
public readonly ref struct PcapngOptions
{
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly bool _isBigEndian;

    internal PcapngOptions(ReadOnlySpan<byte> bytes, bool isBigEndian)
    {
        _bytes = bytes;
        _isBigEndian = isBigEndian;
    }

    /// <summary>The comments of the block, in order. Allocates.</summary>
    public List<string> Comments
    {
        get
        {
            var comments = new List<string>();
            foreach (var option in this)
            {
                if (option.Code == PcapngFormat.Comment)
                {
                    comments.Add(option.Text);
                }
            }

            return comments;
        }
    }

    /// <summary>For <c>foreach</c>.</summary>
    public Enumerator GetEnumerator() => new(_bytes, _isBigEndian);

    /// <summary>Walks the options.</summary>
    public ref struct Enumerator
    {
        private readonly bool _isBigEndian;
        private ReadOnlySpan<byte> _rest;

        internal Enumerator(ReadOnlySpan<byte> bytes, bool isBigEndian)
        {
            _rest = bytes;
            _isBigEndian = isBigEndian;
            Current = default;
        }

        /// <summary>The option reached.</summary>
        public PcapngOption Current { get; private set; }

        /// <summary>Goes to the next option.</summary>
        public bool MoveNext()
        {
            if (_rest.Length < 4)
            {
                return false;
            }

            var code = _isBigEndian ? ReadUInt16BigEndian(_rest) : ReadUInt16LittleEndian(_rest);
            var length = _isBigEndian ? ReadUInt16BigEndian(_rest[2..]) : ReadUInt16LittleEndian(_rest[2..]);
            if (code == PcapngFormat.EndOfOptions || length > _rest.Length - 4)
            {
                _rest = default;
                return false;
            }

            Current = new PcapngOption(code, _rest.Slice(4, length), _isBigEndian);
            _rest = _rest[Math.Min(_rest.Length, 4 + ((length + 3) & ~3))..];
            return true;
        }
    }
}
