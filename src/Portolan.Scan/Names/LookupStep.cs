using Portolan.Model;
using Portolan.Packets;

namespace Portolan.Scan.Names;

/// <summary>One thing that was done to look a name up.</summary>
/// <param name="Elapsed">How long it took.</param>
public abstract record LookupStep(TimeSpan Elapsed);

/// <summary>The hosts file was looked into and had the name.</summary>
/// <param name="Path">The file.</param>
/// <param name="Name">The name.</param>
/// <param name="Addresses">Its addresses there.</param>
/// <param name="Elapsed">How long it took.</param>
public sealed record HostsFileStep(string Path, string Name, IReadOnlyList<InternetAddress> Addresses, TimeSpan Elapsed)
    : LookupStep(Elapsed);

/// <summary>One question to one DNS server.</summary>
/// <param name="Server">Whom.</param>
/// <param name="Name">What about.</param>
/// <param name="Type">Which records.</param>
/// <param name="Carrier">UDP or TCP.</param>
/// <param name="Outcome">What came of it.</param>
/// <param name="Answer">The answer; <c>null</c> when none came.</param>
/// <param name="Rejected">Datagrams that came meanwhile and were not the answer: another id, another question, no DNS. Late, or
/// forged.</param>
/// <param name="Error">The system's words for why the question could not be asked; else <c>null</c>.</param>
/// <param name="Elapsed">How long it took.</param>
public sealed record DnsStep(
    DnsServer Server, string Name, DnsType Type, DnsCarrier Carrier, DnsOutcome Outcome, DnsAnswer? Answer, int Rejected, string? Error,
    TimeSpan Elapsed) : LookupStep(Elapsed)
{
    /// <summary>Whether the question left this host, as far as is known.</summary>
    public bool WasSent { get; init; } = true;
}

/// <summary>The operating system's resolver was asked, which does not say whom it asked.</summary>
/// <param name="Name">The name.</param>
/// <param name="Why">Why it was asked, such as <c>nsswitch.conf names mdns4_minimal</c>.</param>
/// <param name="Addresses">What it said.</param>
/// <param name="Error">Its error; else <c>null</c>.</param>
/// <param name="Elapsed">How long it took.</param>
public sealed record SystemStep(string Name, string Why, IReadOnlyList<InternetAddress> Addresses, string? Error, TimeSpan Elapsed)
    : LookupStep(Elapsed);

/// <summary>What carried a question.</summary>
public enum DnsCarrier : byte
{
    /// <summary>A datagram.</summary>
    Udp,

    /// <summary>A connection, after a truncated answer.</summary>
    Tcp,
}

/// <summary>What came of a question.</summary>
public enum DnsOutcome : byte
{
    /// <summary>Records of the wanted type.</summary>
    Answered,

    /// <summary>The name exists without records of that type.</summary>
    NoData,

    /// <summary>NXDOMAIN: there is no such name.</summary>
    NoSuchName,

    /// <summary>The answer was cut short; the question is asked again over TCP.</summary>
    Truncated,

    /// <summary>SERVFAIL, REFUSED, NOTIMP, FORMERR or another code: another server may know.</summary>
    Failed,

    /// <summary>No answer in time.</summary>
    TimedOut,

    /// <summary>The server's host or network refused, or nothing leads there.</summary>
    Unreachable,
}

/// <summary>Words for <see cref="DnsOutcome"/>.</summary>
public static class DnsOutcomeWords
{
    /// <summary>As the machine formats write it.</summary>
    public static string Name(this DnsOutcome outcome) => outcome switch
    {
        DnsOutcome.Answered => "answered",
        DnsOutcome.NoData => "no-data",
        DnsOutcome.NoSuchName => "no-such-name",
        DnsOutcome.Truncated => "truncated",
        DnsOutcome.Failed => "failed",
        DnsOutcome.TimedOut => "timed-out",
        _ => "unreachable",
    };

    /// <summary>As an answer's problem, such as <c>no such name</c>.</summary>
    public static string Describe(this DnsStep step)
    {
        ArgumentNullException.ThrowIfNull(step);
        return step.Outcome switch
        {
            DnsOutcome.Answered => "answered",
            DnsOutcome.NoData => $"the name has no {step.Type.ToString().ToUpperInvariant()} record",
            DnsOutcome.NoSuchName => "no such name",
            DnsOutcome.Truncated => "truncated: again over TCP",
            DnsOutcome.Failed => $"the server said {CodeName(step.Answer)}",
            DnsOutcome.TimedOut when step.Rejected > 0 => "no valid answer",
            DnsOutcome.TimedOut => "no answer",
            _ => step.Error ?? "the server is unreachable",
        };
    }

    private static string CodeName(DnsAnswer? answer) => answer?.Code switch
    {
        _ when answer is { IsReferral: true } => "to query another server (it does not recurse)",
        DnsResponseCode.FormatError => "FORMERR (it did not understand the query)",
        DnsResponseCode.ServerFailure => "SERVFAIL (it could not resolve the name)",
        DnsResponseCode.NotImplemented => "NOTIMP (not implemented)",
        DnsResponseCode.Refused => "REFUSED (it does not answer this host)",
        { } code => $"error {(int)code}",
        null => "an invalid answer",
    };
}
