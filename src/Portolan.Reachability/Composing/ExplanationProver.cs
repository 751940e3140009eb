using System.Globalization;
using Portolan.Firewall.Host;
using Portolan.Firewall.Judging;
using Portolan.Firewall.Replay.Proving;
using Portolan.Firewall.Rules;
using Portolan.Reachability.Explaining;
using Portolan.Reachability.Judging;
using Portolan.Sockets.Chart;

namespace Portolan.Reachability.Composing;

/// <summary>Asks the kernel about one packet of each kind that an explanation rests on, and adds what it said.</summary>
internal sealed class ExplanationProver(
    ExplainQuestion question, MachineFacts facts, FirewallReading firewall, NamespaceJudge? judge, Machine machine)
{
    private const ushort UsualSourcePort = 50_000;

    /// <summary>Adds a step for each family.</summary>
    /// <param name="explanation">What is to be proved.</param>
    /// <param name="limit">How long the kernel may be asked in all; <c>null</c> for no limit.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public Explanation AddTo(Explanation explanation, TimeSpan? limit, CancellationToken cancellationToken)
    {
        var steps = new List<ExplanationStep>();
        if (firewall is not { Rules: { } rules, Host: { } host } || judge is null || machine.OpenScratch is null)
        {
            steps.Add(new ExplanationStep("prove", LayerResult.NotChecked, "the rules are unknown, so there is nothing to prove"));
        }
        else if (explanation.Decisive.Count == 0)
        {
            steps.Add(new ExplanationStep("prove", LayerResult.NotChecked, "no rule or route decides, so there is nothing to prove"));
        }
        else
        {
            using var time = new EvaluationBudget(limit, machine.Clock, cancellationToken);
            var prover = new KernelProver(machine.OpenScratch());
            foreach (var decisive in explanation.Decisive)
            {
                var family = explanation.Decisive.Count == 1 ? "" : decisive.IsIPv4 ? "IPv4: " : "IPv6: ";
                steps.Add(time.Within(
                    token => Prove(prover, rules, host, judge, decisive, family, token),
                    () => new ExplanationStep("prove", LayerResult.NotChecked, $"{family}{Late(time)}")));
            }
        }

        var all = explanation.Steps.ToList();
        all.InsertRange(all.FindIndex(s => s.Layer == "not checked"), steps);
        return steps.Exists(s => s.Result == LayerResult.Fail)
            ? explanation with
            {
                Steps = all,
                Verdict = ReachVerdict.Unknown,
                Symptom = null,
                Headline = "UNKNOWN – the verdict and the kernel differ; this is a defect of Portolan: please report it.",
            }
            : explanation with { Steps = all };
    }

    private static string Late(EvaluationBudget time) =>
        $"the kernel gave no answer within {DurationText.Format(time.Limit ?? TimeSpan.Zero)}; --judge-time 0 removes the limit";

    private ExplanationStep Prove(
        KernelProver prover, Ruleset rules, HostFacts host, NamespaceJudge judge, DecisivePackets decisive, string family,
        CancellationToken cancellationToken)
    {
        var packet = PacketOf(decisive, host, judge);
        var proof = prover.Prove(rules, host, packet, Listeners(decisive.IsIPv4), cancellationToken);
        var comparison = ProofComparison.Of(decisive.Share.Region.Outcome, proof);
        var by = host.Interface(packet.InterfaceIndex) is { } device ? $" by {device.Name}" : "";
        var asked =
            $"{family}one packet from {packet.Source}{by} to "
                + $"{(packet.Destination.IsIPv4 ? $"{packet.Destination}" : $"[{packet.Destination}]")}:{packet.DestinationPort}";
        var (result, said) = comparison.Agreement switch
        {
            ProofAgreement.NotDone =>
                (LayerResult.NotChecked, $"{family}the kernel could not be tested: {string.Join("; ", proof.Obstacles)}"),
            ProofAgreement.Proved => (LayerResult.Ok, $"{asked}: the kernel {Words(proof)}{Words(proof.Exchange)}, as predicted"),
            ProofAgreement.Differs =>
                (LayerResult.Fail, $"{asked}: prediction and kernel differ: {string.Join("; ", comparison.Differences)}"),
            _ => (LayerResult.Unknown, $"{asked}: the kernel {Words(proof)}; that is one of the predicted outcomes"),
        };
        return new ExplanationStep("prove", result, said)
        {
            Rule = proof.Decider is { } decider ? RuleLabel.Full(decider) : null,
            More = comparison.Agreement == ProofAgreement.NotDone || decisive.Share.Region.Outcome.Replies is null
                || proof.Exchange is not null
                ? proof.Caveats
                : [.. proof.Caveats, "only the packet was sent: the replies are predicted, not tested"],
        };
    }

    private ProofPacket PacketOf(DecisivePackets decisive, HostFacts host, NamespaceJudge judge)
    {
        var packets = decisive.Share.Region.Packets;
        var source = TypicalSender.Of(judge, decisive.Share.Senders, packets.Interfaces, decisive.IsIPv4);
        var links = packets.Interfaces.OrderByDescending(
            i => !judge.Likely.Expected(
                IntervalSet.Of(source), [i], decisive.IsIPv4, packets.Destinations).IsEmpty).ToList();
        var link = links.Count > 0 ? links[0] : 0;
        var own =
            host.Addresses.Where(a => a.Address.IsIPv4 == decisive.IsIPv4 && packets.Destinations.Contains(a.Address.Number)).ToList();
        var destination = own.Find(a => a.InterfaceIndex == link && !a.Address.IsLinkLocal)
            ?? own.Find(a => !a.Address.IsLinkLocal) ?? (own.Count > 0 ? own[0] : null);
        return new ProofPacket
        {
            Direction = decisive.Query.Direction,
            Protocol = decisive.Query.Protocol,
            Source = InternetAddress.FromNumber(source, decisive.IsIPv4),
            Destination = destination?.Address ?? InternetAddress.FromNumber(packets.Destinations.Intervals[0].First, decisive.IsIPv4),
            SourcePort = packets.SourcePorts.IsEmpty || packets.SourcePorts.Contains(UsualSourcePort)
                ? UsualSourcePort
                : (ushort)packets.SourcePorts.Intervals[0].First,
            DestinationPort = question.Port.Value,
            InterfaceIndex = decisive.Query.Direction == FlowDirection.Inbound ? link : 0,
            OutputInterface = decisive.Share.Region.Outcome.OutputInterface,
            Headers = packets.Headers,
        };
    }

    private List<ProofListener> Listeners(bool isIPv4)
    {
        var found = new List<ProofListener>();
        foreach (var row in PortChart.Build(facts, everything: true).Rows.Where(
            r => r.IsOwnNamespace && r.Port == question.Port && r.Protocol == question.Protocol))
        {
            foreach (var bind in row.Binds.Where(b => isIPv4 ? b.TakesIPv4 : b.TakesIPv6))
            {
                var address = !bind.IsWildcard ? bind.Address.Unmap() : isIPv4 ? InternetAddress.AnyIPv4 : InternetAddress.AnyIPv6;
                found.Add(new ProofListener(
                    question.Protocol == TransportProtocol.Tcp, address, question.Port.Value,
                    facts.Snapshot.Interfaces.Find(row.NamespaceIndex, bind.InterfaceIndex) ?? ""));
            }
        }

        return [.. found.Distinct()];
    }

    private static string Words(ProofExchange? exchange) => exchange switch
    {
        null => "",
        { Stop: ExchangeStop.None } => ", and let a request and its reply through",
        { Stop: ExchangeStop.Request, Decider: { } decider } => $", and stopped the request by {RuleLabel.Full(decider)}",
        { Stop: ExchangeStop.Reply, Decider: { } decider } => $", and stopped the reply by {RuleLabel.Full(decider)}",
        { Stop: ExchangeStop.Request } => "; the request did not arrive in time",
        _ => "; the reply did not leave in time",
    };

    private static string Words(KernelProof proof)
    {
        var by = proof.Decider is { } decider ? $" by {RuleLabel.Full(decider)}" : "";
        return proof.Fate switch
        {
            PacketFate.Delivered => "delivered it",
            PacketFate.Forwarded =>
                string.Create(CultureInfo.InvariantCulture, $"sent it on to {proof.FinalDestination}:{proof.FinalPort}"),
            PacketFate.Sent => "sent it out",
            PacketFate.Dropped => $"dropped it{by}",
            PacketFate.Rejected => $"rejected it{by}",
            PacketFate.Queued => "queued it to a program",
            PacketFate.Stolen => $"consumed it{by}",
            _ => $"dropped it in routing{(proof.RoutingCounter is { } counter ? $" ({counter})" : "")}",
        };
    }
}
