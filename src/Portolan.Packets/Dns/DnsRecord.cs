using Portolan.Model;
using static System.Buffers.Binary.BinaryPrimitives;

namespace Portolan.Packets;

/// <summary>A record of a DNS message (RFC 1035 section 4.1.3).</summary>
public readonly ref struct DnsRecord
{
    /// <summary>Bytes between the name and the data: type, class, time to live, length.</summary>
    internal const int FixedLength = 10;

    private readonly ReadOnlySpan<byte> _message;
    private readonly int _fixed;

    internal DnsRecord(ReadOnlySpan<byte> message, DnsName name, int fixedOffset)
    {
        _message = message;
        _fixed = fixedOffset;
        Name = name;
    }

    /// <summary>Whose record it is.</summary>
    public DnsName Name { get; }

    /// <summary>What the record's data is, e.g. A or AAAA (RFC 1035 section 3.2.2).</summary>
    public DnsType Type => (DnsType)ReadUInt16BigEndian(_message[_fixed..]);

    /// <summary>The name space of the record, nearly always IN (RFC 1035 section 3.2.4).</summary>
    public DnsClass Class => (DnsClass)ReadUInt16BigEndian(_message[(_fixed + 2)..]);

    /// <summary>How many seconds it may be kept. A value with the highest bit set counts as 0 (RFC 2181 section 8).</summary>
    public uint TimeToLive => TimeToLiveBits <= int.MaxValue ? TimeToLiveBits : 0;

    /// <summary>The data, unread. Names inside may be compressed: use the methods.</summary>
    public ReadOnlySpan<byte> Data => _message.Slice(DataOffset, ReadUInt16BigEndian(_message[(_fixed + 8)..]));

    /// <summary>The strings of a TXT record; none in others.</summary>
    public DnsTexts Texts => Type == DnsType.Txt ? new DnsTexts(Data) : default;

    internal uint TimeToLiveBits => ReadUInt32BigEndian(_message[(_fixed + 4)..]);

    private int DataOffset => _fixed + FixedLength;

    /// <summary>Reads the address of an A or AAAA record.</summary>
    public bool TryReadAddress(out InternetAddress address)
    {
        var ok = (Type == DnsType.A && Data.Length == 4) || (Type == DnsType.Aaaa && Data.Length == 16);
        address = ok ? InternetAddress.FromBytes(Data) : default;
        return ok;
    }

    /// <summary>Reads the name that a CNAME, PTR or NS record consists of.</summary>
    public bool TryReadName(out DnsName name)
    {
        name = default;
        return Type is DnsType.Cname or DnsType.Ptr or DnsType.Ns && TryReadLastName(0, out name);
    }

    /// <summary>Reads an MX record: lower preferences come first.</summary>
    public bool TryReadMailExchange(out ushort preference, out DnsName exchange)
    {
        preference = 0;
        exchange = default;
        if (Type != DnsType.Mx || Data.Length < 3 || !TryReadLastName(2, out exchange))
        {
            return false;
        }

        preference = ReadUInt16BigEndian(Data);
        return true;
    }

    /// <summary>Reads an SRV record (RFC 2782).</summary>
    public bool TryReadService(out DnsServiceLocation service)
    {
        service = default;
        if (Type != DnsType.Srv || Data.Length < 7 || !TryReadLastName(6, out var target))
        {
            return false;
        }

        service = new DnsServiceLocation(Data, target);
        return true;
    }

    /// <summary>Reads an SOA record.</summary>
    public bool TryReadStartOfAuthority(out DnsStartOfAuthority authority)
    {
        authority = default;
        if (Type != DnsType.Soa
            || !DnsName.TryRead(_message, DataOffset, out var server, out var middle)
            || !DnsName.TryRead(_message, middle, out var mailbox, out var end)
            || end + DnsStartOfAuthority.NumbersLength != DataOffset + Data.Length)
        {
            return false;
        }

        authority = new DnsStartOfAuthority(server, mailbox, _message.Slice(end, DnsStartOfAuthority.NumbersLength));
        return true;
    }

    private bool TryReadLastName(int offset, out DnsName name) =>
        DnsName.TryRead(_message, DataOffset + offset, out name, out var end) && end == DataOffset + Data.Length;
}
