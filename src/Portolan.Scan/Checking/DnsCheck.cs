using System.Globalization;
using Portolan.Scan.Names;

namespace Portolan.Scan.Checking;

/// <summary>A DNS server: its name if it has one, route, question, answer.</summary>
internal static class DnsCheck
{
    private const int Attempts = 2;

    public static async Task RunAsync(HopContext hop, CancellationToken cancellationToken)
    {
        var servers = hop.Target.UsesSystemServer ? hop.Tools.DnsServers : await FindServerAsync(hop, cancellationToken);
        if (servers is null)
        {
            return;
        }

        var at = hop.Clock.Now;
        var (name, type) = (hop.Target.QuestionName!, hop.Target.QuestionType!.Value);
        var transport = new CheckDnsTransport(hop.Tools.Sockets, hop.Target.Scope, hop.Clock.Time);
        var settings = new ResolverSettings { Servers = servers, Timeout = hop.Options.Timeout / Attempts, Attempts = Attempts };
        var steps = new List<LookupStep>();
        await new DnsClient(settings, transport, hop.Clock.Time, hop.Tools.NextDnsId).AskAsync(name, type, steps, cancellationToken);
        var questions = new List<DnsQuestionSent>();
        for (var i = 0; i < steps.Count; i++)
        {
            var (pair, exchange, icmp) = transport.Calls[i];
            questions.Add(new DnsQuestionSent((DnsStep)steps[i], pair, exchange, icmp));
        }

        hop.Add(Describe(new QueryStep(name, type, questions) { Time = hop.Clock.Since(at), Result = StepResult.Ok, Summary = "" }));
    }

    private static async Task<IReadOnlyList<DnsServer>?> FindServerAsync(HopContext hop, CancellationToken cancellationToken) =>
        await AddressSteps.RunAsync(hop, cancellationToken) is { } addresses
            ? [new DnsServer(addresses[0], ScopeId: 0, hop.Target.Port)]
            : null;

    private static QueryStep Describe(QueryStep step)
    {
        if (step.Last is not { } last)
        {
            return step with
            {
                Result = StepResult.LocalFailure,
                Summary = "no query was sent: this host has no DNS server",
                Meaning = "give one: dns://SERVER/NAME",
            };
        }

        var question = $"{DnsTypeWords.Name(step.Type)} of {step.Name}";
        var exchange = step.Questions[^1];
        return last.Outcome switch
        {
            DnsOutcome.Answered => step with { Summary = $"{question}: {Records(step)} from {last.Server} over {CarrierName(last)}" },
            DnsOutcome.NoSuchName => step with
            {
                Result = StepResult.Failed,
                Summary = $"{question}: NXDOMAIN (the name does not exist), says {last.Server}",
                Meaning = "the server answers; the name is misspelt, or unknown to it",
            },
            DnsOutcome.NoData => step with
            {
                Result = StepResult.Failed,
                Summary = $"{question}: no such record, says {last.Server}",
                Meaning = "the server answers; the name exists without a record of that type",
            },
            DnsOutcome.Failed => step with
            {
                Result = StepResult.Failed,
                Summary = $"{question}: {last.Describe()} ({last.Server})",
                Meaning = "the server answers, but not the query",
            },
            DnsOutcome.TimedOut when step.Rejected > 0 => step with
            {
                Result = StepResult.Failed,
                Summary = string.Create(
                    CultureInfo.InvariantCulture,
                    $"{question}: no valid answer from {last.Server}: ")
                    + string.Create(
                        CultureInfo.InvariantCulture,
                        $"{step.Rejected} {(step.Rejected == 1 ? "message" : "messages")} with a wrong id, a wrong question, or not DNS"),
                Meaning = "the port answers: the server or a proxy is broken, does not speak DNS, or the answers are forged",
            },
            DnsOutcome.TimedOut => step with
            {
                Result = StepResult.Failed,
                Summary = string.Create(
                    CultureInfo.InvariantCulture,
                    $"{question}: no answer from {last.Server} to {step.Questions.Count} questions, which proves nothing"),
                Meaning = "a firewall may drop the datagrams, or the host may be down",
            },
            _ when exchange.Exchange == DatagramOutcome.NotSent => step with
            {
                Result = StepResult.LocalFailure,
                Summary = $"not sent: {last.Error}",
                Meaning = "this host sent nothing, so the target's state is unknown",
            },
            _ => step with
            {
                Result = StepResult.Failed,
                Summary = exchange.Icmp is { } icmp
                    ? $"{icmp.From} sent ICMP{(icmp.IsIPv6 ? "v6" : "")} {icmp.Name}"
                    : $"{last.Server}: {last.Error}",
                Meaning = exchange.Exchange == DatagramOutcome.Refused ? "the host is up, but no DNS server listens on that port" : null,
            },
        };
    }

    private static string Records(QueryStep step)
    {
        var count = 0;
        foreach (var record in step.Records)
        {
            count += record.Type == step.Type ? 1 : 0;
        }

        return count == 1 ? "1 record" : string.Create(CultureInfo.InvariantCulture, $"{count} records");
    }

    private static string CarrierName(DnsStep step) => step.Carrier == DnsCarrier.Udp ? "UDP" : "TCP, after a truncated answer over UDP";
}
