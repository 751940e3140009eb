using System.Globalization;
using Portolan.Model;
using Portolan.Scan.Identification;

namespace Portolan.Scan.Checking;

/// <summary>A UDP port: name, route, a datagram in the words of the port's protocol, and an honest verdict.</summary>
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

        // Nobody knows what lives on that port, so an empty datagram was sent, which few services answer: their own questions may be
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

        hop.Add(exchange.Outcome == DatagramOutcome.Replied && hop.Tools.Payloads.TryIdentify(port, exchange.Reply.Span, out var service)
            ? step with { Service = service, Summary = $"{step.Summary}: {service}" }
            : step);
        if (identity is not null)
        {
            hop.Add(identity);
        }
    }

    private static DatagramStep Describe(
        InternetAddress address, string? payload, int length, DatagramResult exchange, TimeSpan timeout, StepTime time)
    {
        var (result, summary, meaning) = exchange.Outcome switch
        {
            DatagramOutcome.Replied => (StepResult.Ok, $"open: a reply of {exchange.Reply.Length} bytes", null),
            DatagramOutcome.Refused =>
                (StepResult.Failed, "closed: ICMP port unreachable came back", "the host is there and nothing listens on that port"),
            DatagramOutcome.Unreachable => (
                StepResult.Failed,
                exchange.Icmp is { } icmp
                    ? $"unreachable: {icmp.From} sent ICMP{(icmp.IsIPv6 ? "v6" : "")} {icmp.Name}"
                    : $"unreachable: {exchange.Error}",
                "a router or a firewall on the way refused to carry it"),
            DatagramOutcome.Silent => (
                StepResult.Failed,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"no answer to {exchange.Sent} datagrams in {ConnectWords.Seconds(timeout)}, which proves nothing"),
                payload is null
                    ? "the service may answer only to its own protocol, a firewall may drop the datagrams, or the host may be down"
                    : $"the service may not be {payload}, a firewall may drop the datagrams, or the host may be down"),
            _ => (StepResult.LocalFailure, $"not sent: {exchange.Error}",
                (string?)"this host sent nothing, so nothing is known of the target"),
        };
        return new DatagramStep(address, payload, length, exchange) { Time = time, Result = result, Summary = summary, Meaning = meaning };
    }
}
