using Portolan.Packets;

namespace Portolan.Lab.Services.Dns;

/// <summary>Answers one question from the zones of a server (RFC 1034 section 4.3.2, without asking others).</summary>
internal sealed class DnsResponder(ZoneSet zones, bool isRecursive)
{
    private const int PlainLimit = 512;
    private const int MaxAliases = 8;

    /// <summary>Writes the answer to a message.</summary>
    /// <param name="request">The message.</param>
    /// <param name="isDatagram">Whether the answer must fit into what the client takes; else it has 65,535 bytes.</param>
    /// <param name="reply">Room.</param>
    /// <param name="length">Bytes of the answer.</param>
    /// <returns>False for what must not be answered.</returns>
    internal bool TryAnswer(ReadOnlySpan<byte> request, bool isDatagram, Span<byte> reply, out int length)
    {
        length = 0;
        if (!DnsMessage.TryRead(request, out var query))
        {
            // Whatever has a header and is not an answer is notified that it was not understood.
            if (request.Length < DnsMessage.HeaderLength || (request[2] & 0x80) != 0)
            {
                return false;
            }

            length = new DnsWriter(reply, (ushort)((request[0] << 8) | request[1]), DnsFlags.Response, DnsResponseCode.FormatError).Length;
            return true;
        }

        if (query.IsResponse)
        {
            return false;
        }

        var hasEdns = query.TryReadEdns(out var edns);
        var limit = isDatagram
            ? hasEdns ? Math.Clamp((int)edns.UdpPayloadSize, PlainLimit, DnsEdns.SafePayloadSize) : PlainLimit
            : ushort.MaxValue;
        var found = hasEdns && edns.Version != 0 ? new Answer { Code = DnsResponseCode.BadVersion } : Find(query, isDatagram);
        var room = reply[..Math.Min(limit, reply.Length)];
        if (!TryWrite(query, found, room, hasEdns, DnsFlags.None, out length)
            && !TryWrite(query, found with { Records = [], Authority = null }, room, hasEdns, DnsFlags.Truncated, out length))
        {
            return false;
        }

        return true;
    }

    private Answer Find(in DnsMessage query, bool isDatagram)
    {
        if (query.Operation != DnsOperation.Query)
        {
            return new Answer { Code = DnsResponseCode.NotImplemented };
        }

        if (query.Questions.Count != 1 || !query.TryReadQuestion(out var question))
        {
            return new Answer { Code = DnsResponseCode.FormatError };
        }

        var name = question.Name.ToString();
        if (question.Class == DnsClass.Chaos)
        {
            // Questions for the server's version, as careful servers answer them.
            return new Answer { Code = DnsResponseCode.Refused };
        }

        return question.Class is not (DnsClass.Internet or DnsClass.Any) ? new Answer { Code = DnsResponseCode.Refused }
            : question.Type == DnsType.Axfr ? new Answer { Code = isDatagram ? DnsResponseCode.FormatError : DnsResponseCode.Refused }
            : Find(name, question.Type);
    }

    private Answer Find(string name, DnsType type)
    {
        var records = new List<ZoneRecord>();
        for (var aliases = 0; ; aliases++)
        {
            if (zones.FindZone(name) is not { } zone)
            {
                // An alias may lead elsewhere; what is there the client has to find out.
                return records.Count > 0 ? new Answer { Records = records, IsAuthoritative = true }
                    : zones.IsOwn(name) ? new Answer { Code = DnsResponseCode.ServerFailure }
                    : new Answer { Code = isRecursive ? DnsResponseCode.NameError : DnsResponseCode.Refused };
            }

            var own = zones.Find(zone, name);
            var matching =
                own?.Where(r => type == DnsType.Any || r.Type == type || (type == DnsType.Ixfr && r.Type == DnsType.Soa)).ToList() ?? [];
            records.AddRange(matching.Select(r => r with { Name = name }));
            var alias = matching.Count == 0 ? own?.FirstOrDefault(static r => r.Type == DnsType.Cname) : null;
            if (alias?.Target() is { } target && aliases < MaxAliases)
            {
                records.Add(alias with { Name = name });
                name = target;
                continue;
            }

            // RFC 2308: the SOA record says how long it may be kept that there is nothing.
            return new Answer
            {
                Code = own is null ? DnsResponseCode.NameError : DnsResponseCode.NoError,
                Records = records,
                Authority = matching.Count == 0 ? zone.Start : null,
                IsAuthoritative = true,
            };
        }
    }

    private bool TryWrite(in DnsMessage query, Answer answer, Span<byte> room, bool hasEdns, DnsFlags more, out int length)
    {
        length = 0;
        var flags = DnsFlags.Response | (query.Flags & DnsFlags.RecursionDesired) | more
            | (answer.IsAuthoritative ? DnsFlags.Authoritative : DnsFlags.None)
            | (isRecursive ? DnsFlags.RecursionAvailable : DnsFlags.None);
        var writer = new DnsWriter(room, query.Id, flags, answer.Code, query.Operation);
        if (query.Questions.Count == 1 && query.TryReadQuestion(out var question)
            && !writer.TryAddQuestion(question.Name.ToString(), question.Type, question.Class))
        {
            return false;
        }

        foreach (var record in answer.Records)
        {
            if (!writer.TryAddRecord(
                DnsSection.Answer, record.Name, record.Type, record.TimeToLive, record.Data,
                query.TryReadQuestion(out var asked) && asked.Class == DnsClass.Chaos ? DnsClass.Chaos : DnsClass.Internet))
            {
                return false;
            }
        }

        if (answer.Authority is { } start
            && !writer.TryAddRecord(DnsSection.Authority, start.Name, start.Type, start.TimeToLive, start.Data))
        {
            return false;
        }

        if (hasEdns && !writer.TryAddEdns(new DnsEdns(DnsEdns.SafePayloadSize, 0, (byte)((int)answer.Code >> 4), DnssecOk: false)))
        {
            return false;
        }

        length = writer.Length;
        return true;
    }

    private sealed record Answer
    {
        internal DnsResponseCode Code { get; init; }

        internal IReadOnlyList<ZoneRecord> Records { get; init; } = [];

        internal ZoneRecord? Authority { get; init; }

        internal bool IsAuthoritative { get; init; }
    }
}
