using Portolan.Model;
using static System.Buffers.Binary.BinaryPrimitives;

namespace Portolan.Packets;

/// <summary>A group record of a report (RFC 9776 section 4.2.4, RFC 9777 section 5.2.5).</summary>
public readonly ref struct MulticastRecord
{
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly int _addressSize;

    internal MulticastRecord(ReadOnlySpan<byte> bytes, int addressSize)
    {
        _bytes = bytes;
        _addressSize = addressSize;
    }

    /// <summary>What it says; other values are ignored by receivers.</summary>
    public MulticastRecordType Type => (MulticastRecordType)_bytes[0];

    /// <summary>The multicast address that the record is about.</summary>
    public InternetAddress Group => InternetAddress.FromBytes(_bytes.Slice(4, _addressSize));

    /// <summary>The senders that the filter names; empty for none.</summary>
    public AddressList Sources => new(_bytes.Slice(4 + _addressSize, ReadUInt16BigEndian(_bytes[2..]) * _addressSize), _addressSize);

    /// <summary>What neither version defines.</summary>
    public ReadOnlySpan<byte> AuxiliaryData => _bytes[^(_bytes[1] * 4)..];
}

/// <summary>The group records of a report, checked as a whole.</summary>
public readonly ref struct MulticastRecords
{
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly int _addressSize;

    private MulticastRecords(ReadOnlySpan<byte> bytes, int count, int addressSize)
    {
        _bytes = bytes;
        Count = count;
        _addressSize = addressSize;
    }

    /// <summary>How many.</summary>
    public int Count { get; }

    /// <summary>For <c>foreach</c>.</summary>
    public Enumerator GetEnumerator() => new(_bytes, Count, _addressSize);

    /// <summary>Fails when a record runs over the end. Bytes after the last record are allowed (RFC 9776 section 4.2.11).</summary>
    internal static bool TryRead(ReadOnlySpan<byte> bytes, int count, int addressSize, out MulticastRecords records)
    {
        records = default;
        var rest = bytes;
        for (var i = 0; i < count; i++)
        {
            if (rest.Length < 4 + addressSize || LengthOf(rest, addressSize) > rest.Length)
            {
                return false;
            }

            rest = rest[LengthOf(rest, addressSize)..];
        }

        records = new MulticastRecords(bytes, count, addressSize);
        return true;
    }

    private static int LengthOf(ReadOnlySpan<byte> record, int addressSize) =>
        4 + (addressSize * (1 + ReadUInt16BigEndian(record[2..]))) + (record[1] * 4);

    /// <summary>Walks the records.</summary>
    public ref struct Enumerator
    {
        private readonly int _addressSize;
        private ReadOnlySpan<byte> _rest;
        private int _left;
        private int _length;

        internal Enumerator(ReadOnlySpan<byte> bytes, int count, int addressSize)
        {
            _rest = bytes;
            _left = count;
            _addressSize = addressSize;
        }

        /// <summary>The record reached.</summary>
        public readonly MulticastRecord Current => new(_rest[.._length], _addressSize);

        /// <summary>Goes to the next record.</summary>
        public bool MoveNext()
        {
            _rest = _rest[_length..];
            if (_left == 0)
            {
                _length = 0;
                return false;
            }

            _left--;
            _length = LengthOf(_rest, _addressSize);
            return true;
        }
    }
}
