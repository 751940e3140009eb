using static System.Buffers.Binary.BinaryPrimitives;

namespace Portolan.Packets;

/// <summary>A DNS message (RFC 1035), as UDP carries it; over TCP it follows two bytes of length.</summary>
public readonly ref struct DnsMessage
{
    /// <summary>Bytes of the header.</summary>
    public const int HeaderLength = 12;

    private readonly ReadOnlySpan<byte> _bytes;

    private DnsMessage(ReadOnlySpan<byte> bytes, DnsQuestions questions, DnsRecords answers, DnsRecords authorities, DnsRecords additional)
    {
        _bytes = bytes;
        Questions = questions;
        Answers = answers;
        Authorities = authorities;
        Additional = additional;
    }

    /// <summary>Which question it belongs to.</summary>
    public ushort Id => ReadUInt16BigEndian(_bytes);

    /// <summary>The bits of the header between its id and its counts, without opcode and RCODE (RFC 1035 section 4.1.1).</summary>
    public DnsFlags Flags => (DnsFlags)(ReadUInt16BigEndian(_bytes[2..]) & 0x87b0);

    /// <summary>The kind of question.</summary>
    public DnsOperation Operation => (DnsOperation)((_bytes[2] >> 3) & 15);

    /// <summary>An answer, not a question.</summary>
    public bool IsResponse => (Flags & DnsFlags.Response) != 0;

    /// <summary>Cut short: ask again over TCP.</summary>
    public bool IsTruncated => (Flags & DnsFlags.Truncated) != 0;

    /// <summary>How it went, with the upper bits from EDNS0 where that is there (RFC 6891 section 6.1.3).</summary>
    public DnsResponseCode ResponseCode =>
        (DnsResponseCode)((_bytes[3] & 15) | (TryReadEdns(out var edns) ? edns.ExtendedResponseCode << 4 : 0));

    /// <summary>The questions; usually one.</summary>
    public DnsQuestions Questions { get; }

    /// <summary>The records that answer the question (RFC 1035 section 4.1).</summary>
    public DnsRecords Answers { get; }

    /// <summary>Records of the authority section.</summary>
    public DnsRecords Authorities { get; }

    /// <summary>Records of the additional section, that of EDNS0 included.</summary>
    public DnsRecords Additional { get; }

    /// <summary>What follows the header.</summary>
    public ReadOnlySpan<byte> Payload => _bytes[HeaderLength..];

    /// <summary>The first question.</summary>
    public bool TryReadQuestion(out DnsQuestion question)
    {
        var questions = Questions.GetEnumerator();
        var found = questions.MoveNext();
        question = questions.Current;
        return found;
    }

    /// <summary>What the sender says with EDNS0 (RFC 6891), when it does.</summary>
    public bool TryReadEdns(out DnsEdns edns)
    {
        foreach (var record in Additional)
        {
            if (record.Type == DnsType.Opt)
            {
                edns = DnsEdns.Of(record);
                return true;
            }
        }

        edns = default;
        return false;
    }

    /// <summary>
    /// Whether this answers a query: same id and first question (RFC 5452 section 9.1). The addresses and ports are for the caller to
    /// compare.
    /// </summary>
    public bool IsAnswerTo(scoped in DnsMessage query) =>
        IsResponse && Id == query.Id && TryReadQuestion(out var mine) && query.TryReadQuestion(out var theirs)
        && mine.Type == theirs.Type && mine.Class == theirs.Class && mine.Name.IsSame(theirs.Name);

    /// <summary>
    /// Fails when the header, a question or a record is cut short or has a bad name. Of a truncated message the records that are whole are
    /// kept. Bytes after the last record are left alone.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out DnsMessage message)
    {
        message = default;
        if (bytes.Length < HeaderLength)
        {
            return false;
        }

        var truncated = ((DnsFlags)ReadUInt16BigEndian(bytes[2..]) & DnsFlags.Truncated) != 0;
        var questions = new DnsQuestions(bytes, HeaderLength, ReadUInt16BigEndian(bytes[4..]));
        var walk = questions.GetEnumerator();
        for (var i = 0; i < questions.Count; i++)
        {
            if (!walk.MoveNext())
            {
                return false;
            }
        }

        var offset = walk.Offset;
        if (!TryReadSection(bytes, 6, truncated, ref offset, out var answers)
            || !TryReadSection(bytes, 8, truncated, ref offset, out var authorities)
            || !TryReadSection(bytes, 10, truncated, ref offset, out var additional))
        {
            return false;
        }

        message = new DnsMessage(bytes, questions, answers, authorities, additional);
        return true;
    }

    private static bool TryReadSection(
        ReadOnlySpan<byte> bytes, int countOffset, bool truncated, scoped ref int offset, out DnsRecords records)
    {
        var count = ReadUInt16BigEndian(bytes[countOffset..]);
        var walk = new DnsRecords.Enumerator(bytes, offset, count);
        var found = 0;
        while (walk.MoveNext())
        {
            found++;
        }

        records = new DnsRecords(bytes, offset, found);
        offset = walk.Offset;
        return found == count || truncated;
    }
}
