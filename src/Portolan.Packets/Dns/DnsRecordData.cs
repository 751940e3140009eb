using Portolan.Model;
using static System.Buffers.Binary.BinaryPrimitives;

namespace Portolan.Packets;

/// <summary>Where a service is (RFC 2782).</summary>
public readonly ref struct DnsServiceLocation
{
    internal DnsServiceLocation(ReadOnlySpan<byte> data, DnsName target)
    {
        Priority = ReadUInt16BigEndian(data);
        Weight = ReadUInt16BigEndian(data[2..]);
        Port = new PortNumber(ReadUInt16BigEndian(data[4..]));
        Target = target;
    }

    /// <summary>Lower comes first.</summary>
    public ushort Priority { get; }

    /// <summary>The share among equals.</summary>
    public ushort Weight { get; }

    /// <summary>The port that the service listens on.</summary>
    public PortNumber Port { get; }

    /// <summary>The host; the root means that the service is not there.</summary>
    public DnsName Target { get; }
}

/// <summary>The start of a zone of authority (RFC 1035 section 3.3.13).</summary>
public readonly ref struct DnsStartOfAuthority
{
    internal const int NumbersLength = 20;

    private readonly ReadOnlySpan<byte> _numbers;

    internal DnsStartOfAuthority(DnsName server, DnsName mailbox, ReadOnlySpan<byte> numbers)
    {
        Server = server;
        Mailbox = mailbox;
        _numbers = numbers;
    }

    /// <summary>The server that the zone comes from.</summary>
    public DnsName Server { get; }

    /// <summary>Who cares for it; the first label is the part before <c>@</c>.</summary>
    public DnsName Mailbox { get; }

    /// <summary>The zone's version.</summary>
    public uint Serial => ReadUInt32BigEndian(_numbers);

    /// <summary>Seconds between looks of secondary servers.</summary>
    public uint Refresh => ReadUInt32BigEndian(_numbers[4..]);

    /// <summary>Seconds before they try again.</summary>
    public uint Retry => ReadUInt32BigEndian(_numbers[8..]);

    /// <summary>Seconds before they stop answering.</summary>
    public uint Expire => ReadUInt32BigEndian(_numbers[12..]);

    /// <summary>How many seconds "no such name" may be kept (RFC 2308 section 4).</summary>
    public uint Minimum => ReadUInt32BigEndian(_numbers[16..]);
}

/// <summary>The strings of a TXT record, each 0–255 bytes. <c>foreach</c> ends quietly at one that is cut short.</summary>
public readonly ref struct DnsTexts
{
    private readonly ReadOnlySpan<byte> _data;

    internal DnsTexts(ReadOnlySpan<byte> data) => _data = data;

    /// <summary>For <c>foreach</c>.</summary>
    public Enumerator GetEnumerator() => new(_data);

    /// <summary>Walks the strings.</summary>
    public ref struct Enumerator
    {
        private ReadOnlySpan<byte> _rest;

        internal Enumerator(ReadOnlySpan<byte> data)
        {
            _rest = data;
            Current = default;
        }

        /// <summary>The string reached, as bytes.</summary>
        public ReadOnlySpan<byte> Current { get; private set; }

        /// <summary>Goes to the next string.</summary>
        public bool MoveNext()
        {
            if (_rest.IsEmpty || _rest[0] >= _rest.Length)
            {
                return false;
            }

            var length = _rest[0];
            Current = _rest.Slice(1, length);
            _rest = _rest[(length + 1)..];
            return true;
        }
    }
}
