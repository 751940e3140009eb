using System.Globalization;
using Portolan.Model;
using Portolan.Scan.Identification;

namespace Portolan.Scan.Checking;

/// <summary>
/// A UDP port: name, route, a datagram in the words of the protocol that was named or that the port usually has, and an honest verdict.
/// </summary>
internal static class UdpCheck
{
    /// <summary>How often a datagram is sent, for datagrams are lost; where a protocol has several openings, each at least once.</summary>
    private const int LeastDatagrams = 3;

    public static async Task RunAsync(HopContext hop, CancellationToken cancellationToken)
    {
        if (await AddressSteps.RunAsync(hop, cancellationToken) is not { } addresses)
        {
            return;
        }

        if (hop.Target.Service is { } service)
        {
            await AskNamedAsync(hop, service, addresses[0], cancellationToken);
            return;
        }

        var at = hop.Clock.Now;
        var port = hop.Target.Port;
        var payloads = hop.Tools.Payloads.AllFor(port);
        var datagrams = new List<ReadOnlyMemory<byte>>();
        for (var i = 0; i < Math.Max(LeastDatagrams, payloads.Count); i++)
        {
            datagrams.Add(hop.Tools.Payloads.For(port, i));
        }

        // A datagram has no handshake that would tell a good address from a bad one: the first is asked.
        var address = addresses[0];
        using var limit = hop.Limit(hop.Options.Timeout, cancellationToken);
        var exchange = await hop.Tools.Sockets.ExchangeAsync(
            new RemoteSocket(address, hop.Target.Scope, port), datagrams, hop.Options.Timeout / datagrams.Count, static _ => true,
            limit.Token);
        cancellationToken.ThrowIfCancellationRequested();
        var step = Describe(
            address, payloads.Count > 0 ? payloads[0].Service : null, datagrams[0].Length, exchange, hop.Options.Timeout,
            hop.Clock.Since(at));

        // The service of that port is unknown, so an empty datagram was sent, which few services answer: their own questions may be
        // answered.
        var identity = hop.Options.Identify
            && (exchange.Outcome == DatagramOutcome.Replied || (exchange.Outcome == DatagramOutcome.Silent && payloads.Count == 0))
            ? await IdentifySteps.AskAsync(hop, address, cancellationToken)
            : null;
        if (exchange.Outcome == DatagramOutcome.Silent
            && identity is { Answer: { Outcome: ServiceOutcome.Identified or ServiceOutcome.Unknown } answer })
        {
            step = step with
            {
                Result = StepResult.Ok,
                AnsweredWhenAsked = true,
                Meaning = null,
                Summary = $"open: an answer to {answer.AskedWith ?? answer.Service!.Protocol}, none to an empty datagram",
            };
        }

        hop.Add(exchange.Outcome == DatagramOutcome.Replied && hop.Tools.Payloads.TryIdentify(port, exchange.Reply.Span, out var spoken)
            ? step with { Service = spoken, Summary = $"{step.Summary}: {spoken}" }
            : step);
        if (identity is not null)
        {
            hop.Add(identity);
        }
    }

    /// <summary>The first question of the protocol that was named, as often as any datagram; only its own answer is one.</summary>
    private static async Task AskNamedAsync(
        HopContext hop, ServiceScheme service, InternetAddress address, CancellationToken cancellationToken)
    {
        var at = hop.Clock.Now;
        var target = ServiceSteps.TargetOf(hop, address, TransportProtocol.Udp);
        var inquiry = new NamedInquiry(target, service.Protocol, ServiceSteps.SettingsOf(hop));
        var questions = inquiry.Questions;
        var datagrams = new List<ReadOnlyMemory<byte>>();
        for (var i = 0; i < Math.Max(LeastDatagrams, questions.Count); i++)
        {
            datagrams.Add(questions[i % questions.Count].BytesFor(target));
        }

        using var limit = hop.Limit(hop.Options.Timeout, cancellationToken);
        var interval = hop.Options.Timeout / datagrams.Count;
        var exchange = questions[0].IsAnsweredFromAnyPort
            ? await hop.Tools.Sockets.ExchangeWithHostAsync(target.Socket, datagrams, interval, static _ => true, limit.Token)
            : await hop.Tools.Sockets.ExchangeAsync(target.Socket, datagrams, interval, static _ => true, limit.Token);
        cancellationToken.ThrowIfCancellationRequested();
        var step = Describe(address, service.Label, datagrams[0].Length, exchange, hop.Options.Timeout, hop.Clock.Since(at));
        if (exchange.Outcome != DatagramOutcome.Replied)
        {
            hop.Add(step);
            return;
        }

        var answer = inquiry.Read(exchange.Reply, questions[(exchange.Sent - 1) % questions.Count]);
        if (answer.Reaction != ServiceReaction.Answered)
        {
            hop.Add(step with
            {
                Result = StepResult.Failed,
                Summary = ServiceSteps.Sentence(service, answer.Service, exchange.Reply.Span),
                Meaning = answer.Service is { } other
                    ? ServiceSteps.MeaningOf(hop.Target, other)
                    : ServiceSteps.NoAnswerTo(questions[0].Name),
                Identified = answer.Service,
            });
            return;
        }

        // What the product is takes further questions, and their time is not the answer's.
        var known = answer.Service;
        if (hop.Options.Identify)
        {
            await hop.Clock.StopForAsync(
                async () => known = await inquiry.AskFurtherAsync(
                    answer, exchange.Reply, hop.Tools.Sockets, hop.Clock.Time, cancellationToken),
                cancellationToken);
        }

        hop.Add(step with { Service = service.Name, Identified = known, Summary = $"open: {ServiceSteps.Sentence(service, known!)}" });
    }

    private static DatagramStep Describe(
        InternetAddress address, string? payload, int length, DatagramResult exchange, TimeSpan timeout, StepTime time)
    {
        var (result, summary, meaning) = exchange.Outcome switch
        {
            DatagramOutcome.Replied => (StepResult.Ok, $"open: a reply of {exchange.Reply.Length} bytes", null),
            DatagramOutcome.Refused =>
                (StepResult.Failed, "closed: ICMP port unreachable received", "the host is up, but nothing listens on that port"),
            DatagramOutcome.Unreachable => (
                StepResult.Failed,
                exchange.Icmp is { } icmp
                    ? $"unreachable: {icmp.From} sent ICMP{(icmp.IsIPv6 ? "v6" : "")} {icmp.Name}"
                    : $"unreachable: {exchange.Error}",
                "a router or firewall on the path rejected it"),
            DatagramOutcome.Silent => (
                StepResult.Failed,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"no answer to {exchange.Sent} datagrams in {ConnectWords.Seconds(timeout)}, which proves nothing"),
                payload is null
                    ? "the service may answer only to its own protocol, a firewall may drop the datagrams, or the host may be down"
                    : $"the service may not be {payload}, a firewall may drop the datagrams, or the host may be down"),
            _ => (StepResult.LocalFailure, $"not sent: {exchange.Error}",
                (string?)"this host sent nothing, so the target's state is unknown"),
        };
        return new DatagramStep(address, payload, length, exchange) { Time = time, Result = result, Summary = summary, Meaning = meaning };
    }
}
