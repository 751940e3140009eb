using Portolan.Model;
using static System.Buffers.Binary.BinaryPrimitives;

namespace Portolan.Packets;

/// <summary>
/// Writes a DNS message (RFC 1035) into a buffer: header, questions, then records section by section. Every step fails, and changes
/// nothing, when there is too little room or a name is none. The name of the first question is written once and pointed to.
/// </summary>
public ref struct DnsWriter
{
    private const int QuestionName = DnsMessage.HeaderLength;

    private readonly Span<byte> _buffer;
    private int _questionNameEnd;

    /// <summary>Starts a message.</summary>
    /// <param name="buffer">At least 12 bytes.</param>
    /// <param name="id">Which question it belongs to.</param>
    /// <param name="flags">The flags.</param>
    /// <param name="responseCode">The lower four bits of how it went.</param>
    /// <param name="operation">The kind of question.</param>
    public DnsWriter(
        Span<byte> buffer,
        ushort id,
        DnsFlags flags,
        DnsResponseCode responseCode = DnsResponseCode.NoError,
        DnsOperation operation = DnsOperation.Query)
    {
        _buffer = buffer;
        buffer[..DnsMessage.HeaderLength].Clear();
        WriteUInt16BigEndian(buffer, id);
        WriteUInt16BigEndian(buffer[2..], (ushort)((ushort)flags | (((int)operation & 15) << 11) | ((int)responseCode & 15)));
        Length = DnsMessage.HeaderLength;
    }

    /// <summary>Bytes written so far.</summary>
    public int Length { get; private set; }

    /// <summary>Writes a whole query that asks the server to ask others, and says with EDNS0 that the answer may have 1232 bytes.</summary>
    /// <param name="message">512 bytes are always enough.</param>
    /// <param name="id">A number that others cannot guess.</param>
    /// <param name="name">What is asked about; other characters than ASCII as punycode.</param>
    /// <param name="type">Which records.</param>
    /// <param name="length">Bytes written.</param>
    /// <param name="flags">The flags.</param>
    /// <param name="edns">Without it servers older than EDNS0 understand the query too.</param>
    /// <returns>False when the text is not a name.</returns>
    public static bool TryWriteQuery(
        Span<byte> message,
        ushort id,
        ReadOnlySpan<char> name,
        DnsType type,
        out int length,
        DnsFlags flags = DnsFlags.RecursionDesired,
        bool edns = true)
    {
        var writer = new DnsWriter(message, id, flags);
        var ok = writer.TryAddQuestion(name, type)
            && (!edns || writer.TryAddEdns(new DnsEdns(DnsEdns.SafePayloadSize, 0, 0, DnssecOk: false)));
        length = ok ? writer.Length : 0;
        return ok;
    }

    /// <summary>Adds a question. Questions come before all records.</summary>
    public bool TryAddQuestion(ReadOnlySpan<char> name, DnsType type, DnsClass @class = DnsClass.Internet)
    {
        var start = Length;
        if (!TryAddName(name) || !TryTake(4, out var rest))
        {
            Length = start;
            return false;
        }

        WriteUInt16BigEndian(rest, (ushort)type);
        WriteUInt16BigEndian(rest[2..], (ushort)@class);
        _questionNameEnd = _questionNameEnd == 0 ? Length - 4 : _questionNameEnd;
        CountUp(4);
        return true;
    }

    /// <summary>Adds a record of any type. Names inside <paramref name="data"/> must not be compressed.</summary>
    /// <param name="section">Where; sections come in their order.</param>
    /// <param name="name">Whose record.</param>
    /// <param name="type">The type.</param>
    /// <param name="timeToLive">Seconds it may be kept.</param>
    /// <param name="data">At most 65,535 bytes.</param>
    /// <param name="class">The class.</param>
    public bool TryAddRecord(
        DnsSection section, ReadOnlySpan<char> name, DnsType type, uint timeToLive, scoped ReadOnlySpan<byte> data,
        DnsClass @class = DnsClass.Internet)
    {
        var start = Length;
        if (data.Length > ushort.MaxValue || !TryAddName(name) || !TryTake(DnsRecord.FixedLength + data.Length, out var rest))
        {
            Length = start;
            return false;
        }

        WriteUInt16BigEndian(rest, (ushort)type);
        WriteUInt16BigEndian(rest[2..], (ushort)@class);
        WriteUInt32BigEndian(rest[4..], timeToLive);
        WriteUInt16BigEndian(rest[8..], (ushort)data.Length);
        data.CopyTo(rest[DnsRecord.FixedLength..]);
        CountUp(6 + (2 * (int)section));
        return true;
    }

    /// <summary>Adds an A or AAAA record.</summary>
    public bool TryAddAddress(DnsSection section, ReadOnlySpan<char> name, uint timeToLive, InternetAddress address)
    {
        Span<byte> data = stackalloc byte[16];
        return TryAddRecord(section, name, address.IsIPv4 ? DnsType.A : DnsType.Aaaa, timeToLive, data[..address.WriteBytes(data)]);
    }

    /// <summary>
    /// Adds a record that is a name after some bytes: CNAME, PTR, NS; MX after its preference; SRV after priority, weight and port.
    /// </summary>
    public bool TryAddNameRecord(
        DnsSection section, ReadOnlySpan<char> name, DnsType type, uint timeToLive, ReadOnlySpan<char> target,
        ReadOnlySpan<byte> before = default)
    {
        Span<byte> data = stackalloc byte[DnsName.MaxLength + 8];
        return before.TryCopyTo(data[..8])
            && DnsNameText.TryEncode(target, data[before.Length..], out var length)
            && TryAddRecord(section, name, type, timeToLive, data[..(before.Length + length)]);
    }

    /// <summary>Adds what the sender can do (EDNS0). Once, in the additional section.</summary>
    public bool TryAddEdns(DnsEdns edns) =>
        TryAddRecord(DnsSection.Additional, ".", DnsType.Opt, edns.Bits, default, (DnsClass)edns.UdpPayloadSize);

    private bool TryAddName(ReadOnlySpan<char> name)
    {
        if (_questionNameEnd > QuestionName + 1
            && DnsName.TryRead(_buffer[.._questionNameEnd], QuestionName, out var question, out _)
            && question.Is(name))
        {
            if (!TryTake(2, out var pointer))
            {
                return false;
            }

            WriteUInt16BigEndian(pointer, 0xc000 | QuestionName);
            return true;
        }

        var ok = DnsNameText.TryEncode(name, _buffer[Length..], out var length);
        Length += length;
        return ok;
    }

    private bool TryTake(int length, out Span<byte> taken)
    {
        var ok = length <= _buffer.Length - Length;
        taken = ok ? _buffer.Slice(Length, length) : default;
        Length += ok ? length : 0;
        return ok;
    }

    private readonly void CountUp(int offset) =>
        WriteUInt16BigEndian(_buffer[offset..], (ushort)(ReadUInt16BigEndian(_buffer[offset..]) + 1));
}
