using static System.Buffers.Binary.BinaryPrimitives;

namespace Portolan.Packets;

/// <summary>The parts of a DNS message that hold records, in their order.</summary>
public enum DnsSection
{
    /// <summary>The section after the question (RFC 1035 section 4.1).</summary>
    Answer,

    /// <summary>Who is in authority.</summary>
    Authority,

    /// <summary>What else may help, and EDNS0.</summary>
    Additional,
}

/// <summary>The questions of a message, for <c>foreach</c>.</summary>
public readonly ref struct DnsQuestions
{
    private readonly ReadOnlySpan<byte> _message;
    private readonly int _offset;

    internal DnsQuestions(ReadOnlySpan<byte> message, int offset, int count)
    {
        _message = message;
        _offset = offset;
        Count = count;
    }

    /// <summary>How many.</summary>
    public int Count { get; }

    /// <summary>For <c>foreach</c>.</summary>
    public Enumerator GetEnumerator() => new(_message, _offset, Count);

    /// <summary>Walks the questions.</summary>
    public ref struct Enumerator
    {
        private readonly ReadOnlySpan<byte> _message;
        private int _left;

        internal Enumerator(ReadOnlySpan<byte> message, int offset, int count)
        {
            _message = message;
            _left = count;
            Offset = offset;
            Current = default;
        }

        /// <summary>The question reached.</summary>
        public DnsQuestion Current { get; private set; }

        internal int Offset { get; private set; }

        /// <summary>Goes to the next question.</summary>
        public bool MoveNext()
        {
            if (_left <= 0 || !DnsName.TryRead(_message, Offset, out var name, out var end) || _message.Length - end < 4)
            {
                return false;
            }

            Current =
                new DnsQuestion(name, (DnsType)ReadUInt16BigEndian(_message[end..]), (DnsClass)ReadUInt16BigEndian(_message[(end + 2)..]));
            Offset = end + 4;
            _left--;
            return true;
        }
    }
}

/// <summary>The records of a section, for <c>foreach</c>.</summary>
public readonly ref struct DnsRecords
{
    private readonly ReadOnlySpan<byte> _message;
    private readonly int _offset;

    internal DnsRecords(ReadOnlySpan<byte> message, int offset, int count)
    {
        _message = message;
        _offset = offset;
        Count = count;
    }

    /// <summary>How many. In a truncated message: how many are there.</summary>
    public int Count { get; }

    /// <summary>For <c>foreach</c>.</summary>
    public Enumerator GetEnumerator() => new(_message, _offset, Count);

    /// <summary>Walks the records.</summary>
    public ref struct Enumerator
    {
        private readonly ReadOnlySpan<byte> _message;
        private int _left;

        internal Enumerator(ReadOnlySpan<byte> message, int offset, int count)
        {
            _message = message;
            _left = count;
            Offset = offset;
            Current = default;
        }

        /// <summary>The record reached.</summary>
        public DnsRecord Current { get; private set; }

        internal int Offset { get; private set; }

        /// <summary>Goes to the next record.</summary>
        public bool MoveNext()
        {
            if (_left <= 0 || !DnsName.TryRead(_message, Offset, out var name, out var end)
                || _message.Length - end < DnsRecord.FixedLength)
            {
                return false;
            }

            var next = end + DnsRecord.FixedLength + ReadUInt16BigEndian(_message[(end + 8)..]);
            if (next > _message.Length)
            {
                return false;
            }

            Current = new DnsRecord(_message, name, end);
            Offset = next;
            _left--;
            return true;
        }
    }
}
