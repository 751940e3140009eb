using System.Globalization;
using Portolan.Scan.Checking;
using Portolan.Scan.Names;

namespace Portolan.Cli.Checking;

/// <summary>What was asked about names and what was answered, as lines of text.</summary>
internal static class NameLines
{
    /// <summary>More records than these are counted, not shown.</summary>
    private const int MostRecords = 12;

    /// <summary>The lookup of a target's name.</summary>
    public static IEnumerable<string> Of(NameStep step)
    {
        foreach (var done in step.Answer.Steps)
        {
            yield return done switch
            {
                HostsFileStep hosts => $"{hosts.Path} says so",
                SystemStep system => $"the system resolver was queried, because "
                    + $"{system.Why}{(system.Error is { } error ? $": {error}" : "")}",
                DnsStep question => Question(question),
                _ => done.ToString(),
            };
            foreach (var line in done is DnsStep { Answer: { } answer } ? Records(answer) : [])
            {
                yield return $"  {line}";
            }
        }
    }

    /// <summary>A check of a DNS server.</summary>
    public static IEnumerable<string> Of(QueryStep step)
    {
        foreach (var (question, pair, _, _) in step.Questions)
        {
            yield return Question(question);
            if (pair is { } known)
            {
                yield return $"sent    {StepLines.Pair(known)}";
                yield return $"{(question.Answer is null ? "a reply would be" : "reply  ")} {StepLines.Pair(known.Reverse())}";
            }
        }

        if (step.Last?.Answer is { } answer)
        {
            foreach (var line in Records(answer))
            {
                yield return line;
            }
        }
    }

    private static string Question(DnsStep step)
    {
        var carrier = step.Carrier == DnsCarrier.Udp ? "UDP" : "TCP";
        var rejected = step.Rejected == 0
            ? ""
            : step.Rejected == 1 ? "; 1 unrelated datagram discarded"
            : string.Create(CultureInfo.InvariantCulture, $"; {step.Rejected} unrelated datagrams discarded");
        var authority = step.Answer is { IsAuthoritative: true } ? ", with authority" : "";
        return $"{DnsTypeWords.Name(step.Type)} of {step.Name}, {step.Server} over {carrier}: {step.Describe()}{authority}, "
            + $"{CheckText.Milliseconds(step.Elapsed)}{rejected}";
    }

    private static IEnumerable<string> Records(DnsAnswer answer)
    {
        var shown = 0;
        foreach (var record in answer.Records)
        {
            if (shown++ == MostRecords)
            {
                yield return $"and {answer.Records.Count - MostRecords} more";
                yield break;
            }

            yield return string.Create(
                CultureInfo.InvariantCulture, $"{record.Name} {record.TimeToLive} {DnsTypeWords.Name(record.Type)} {record.Data}");
        }
    }
}
