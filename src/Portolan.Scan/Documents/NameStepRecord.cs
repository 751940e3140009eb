using System.Text.Json.Serialization;
using Portolan.Scan.Checking;
using Portolan.Scan.Names;

namespace Portolan.Scan.Documents;

/// <summary>The lookup of a target's name.</summary>
public sealed record NameStepRecord : CheckStepRecord
{
    internal NameStepRecord(NameStep step)
        : base(step)
    {
        Name = step.Name;
        CanonicalName = step.Answer.CanonicalName;
        Addresses = step.Answer.Addresses.Select(static address => address.ToString());
        Lookups = step.Answer.Steps.Select(LookupRecord.Of);
    }

    /// <summary>The name that was looked up. Hostile text.</summary>
    public string Name { get; }

    /// <summary>The name that aliases led to; <c>null</c> when there were none. Hostile text.</summary>
    public string? CanonicalName { get; }

    /// <summary>What the name resolved to, in the order of the answer; empty for none.</summary>
    public IEnumerable<string> Addresses { get; }

    /// <summary>What was done, in order.</summary>
    public IEnumerable<LookupRecord> Lookups { get; }
}

/// <summary>A question to a DNS server and its answer.</summary>
public sealed record QueryStepRecord : CheckStepRecord
{
    internal QueryStepRecord(QueryStep step)
        : base(step)
    {
        Name = step.Name;
        Type = DnsTypeWords.Name(step.Type);
        Questions = step.Questions.Select(static question => new DnsQuestionRecord(question));
    }

    /// <summary>The name that was asked for.</summary>
    public string Name { get; }

    /// <summary>The type of record.</summary>
    public string Type { get; }

    /// <summary>What was sent, in order.</summary>
    public IEnumerable<DnsQuestionRecord> Questions { get; }
}

/// <summary>One thing that was done to look a name up.</summary>
[JsonDerivedType(typeof(HostsFileRecord))]
[JsonDerivedType(typeof(SystemLookupRecord))]
[JsonDerivedType(typeof(DnsLookupRecord))]
public record LookupRecord
{
    private protected LookupRecord(LookupStep step) => ElapsedMilliseconds = Milliseconds.Of(step.Elapsed);

    /// <summary>How long it took.</summary>
    [JsonPropertyOrder(1)]
    public decimal ElapsedMilliseconds { get; }

    /// <summary>A lookup as documents have it.</summary>
    public static LookupRecord Of(LookupStep step) => step switch
    {
        HostsFileStep hosts => new HostsFileRecord(hosts),
        SystemStep system => new SystemLookupRecord(system),
        DnsStep dns => new DnsLookupRecord(dns),
        _ => new LookupRecord(step),
    };
}

/// <summary>The hosts file was looked into and had the name.</summary>
public sealed record HostsFileRecord : LookupRecord
{
    internal HostsFileRecord(HostsFileStep step)
        : base(step) => Path = step.Path;

    /// <summary>What was asked.</summary>
    public string Source { get; } = "hosts-file";

    /// <summary>The file.</summary>
    public string Path { get; }
}

/// <summary>The operating system's resolver was asked.</summary>
public sealed record SystemLookupRecord : LookupRecord
{
    internal SystemLookupRecord(SystemStep step)
        : base(step) => (Why, Error) = (step.Why, step.Error);

    /// <summary>What was asked.</summary>
    public string Source { get; } = "system";

    /// <summary>Why it was asked.</summary>
    public string Why { get; }

    /// <summary>Its error, or <c>null</c>.</summary>
    public string? Error { get; }
}

/// <summary>One question to one DNS server.</summary>
public record DnsLookupRecord : LookupRecord
{
    internal DnsLookupRecord(DnsStep step)
        : base(step)
    {
        Server = step.Server.ToString();
        Carrier = step.Carrier == DnsCarrier.Udp ? "udp" : "tcp";
        Question = step.Name;
        Type = DnsTypeWords.Name(step.Type);
        Outcome = step.Outcome.Name();
        Detail = step.Describe();
        Rejected = step.Rejected;
        Answer = DnsAnswerRecord.Of(step.Answer);
    }

    /// <summary>What was asked.</summary>
    public string Source { get; } = "dns";

    /// <summary>Its address.</summary>
    public string Server { get; }

    /// <summary><c>udp</c> or <c>tcp</c>.</summary>
    public string Carrier { get; }

    /// <summary>The name.</summary>
    public string Question { get; }

    /// <summary>The type of record.</summary>
    public string Type { get; }

    /// <summary>What came of it: see <see cref="DnsOutcomeWords"/>.</summary>
    public string Outcome { get; }

    /// <summary>The same in words.</summary>
    public string Detail { get; }

    /// <summary>Datagrams that came meanwhile and were not the answer.</summary>
    public int Rejected { get; }

    /// <summary>The answer; <c>null</c> when none came.</summary>
    public DnsAnswerRecord? Answer { get; }
}

/// <summary>One question of a check of a DNS server.</summary>
public sealed record DnsQuestionRecord : DnsLookupRecord
{
    internal DnsQuestionRecord(DnsQuestionSent question)
        : base(question.Step)
    {
        Sent = SocketPairRecord.Of(question.Pair);
        Replies = SocketPairRecord.Of(question.Pair?.Reverse());
        Icmp = IcmpRecord.Of(question.Icmp);
    }

    /// <summary>Source and destination of what was sent, or <c>null</c>.</summary>
    [JsonPropertyOrder(2)]
    public SocketPairRecord? Sent { get; }

    /// <summary>Source and destination of replies, or <c>null</c>.</summary>
    [JsonPropertyOrder(2)]
    public SocketPairRecord? Replies { get; }

    /// <summary>The ICMP message that ended it, or <c>null</c>.</summary>
    [JsonPropertyOrder(2)]
    public IcmpRecord? Icmp { get; }
}

/// <summary>A checked answer to a question.</summary>
/// <param name="Code">The response code.</param>
/// <param name="Truncated">Whether it is only a part.</param>
/// <param name="Authoritative">Whether it is from the zone's own server.</param>
/// <param name="Records">The answer section.</param>
public sealed record DnsAnswerRecord(int Code, bool Truncated, bool Authoritative, IEnumerable<DnsRecordRecord> Records)
{
    /// <summary>An answer as documents have it; <c>null</c> when none came.</summary>
    public static DnsAnswerRecord? Of(DnsAnswer? answer) => answer is null ? null : new DnsAnswerRecord(
        (int)answer.Code, answer.IsTruncated, answer.IsAuthoritative, answer.Records.Select(
            static record => new DnsRecordRecord(record.Name, DnsTypeWords.Name(record.Type), record.TimeToLive, record.Data)));
}

/// <summary>A record of an answer. Hostile text.</summary>
/// <param name="Name">Whose record.</param>
/// <param name="Type">Its type.</param>
/// <param name="TimeToLive">Seconds it may be kept.</param>
/// <param name="Data">The data as master files write it.</param>
public sealed record DnsRecordRecord(string Name, string Type, uint TimeToLive, string Data);
