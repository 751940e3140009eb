using Portolan.Firewall.Judging;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Replay.Proving;

/// <summary>Holds the judge's answer against the kernel's.</summary>
/// <param name="Agreement">Whether they are the same.</param>
/// <param name="Differences">In what they are not; completes "the judge and the kernel differ: ".</param>
public sealed record ProofComparison(ProofAgreement Agreement, IReadOnlyList<string> Differences)
{
    /// <summary>Compares the fate of the region that the packet is of with what the kernel did.</summary>
    /// <remarks>Of an accepted packet which rule accepted it last is not compared: several may, and none of them ends it.</remarks>
    public static ProofComparison Of(FlowOutcome judged, KernelProof proof)
    {
        if (!proof.IsDone)
        {
            return new ProofComparison(ProofAgreement.NotDone, []);
        }

        if (judged.Decision == FlowDecision.Depends || judged.Proof == FlowProof.Depends)
        {
            return new ProofComparison(ProofAgreement.Undecided, []);
        }

        var differences = new List<string>();
        Compare(judged, proof, differences);
        if (differences.Count == 0 && proof.Exchange is { } exchange && judged.Decision == FlowDecision.Accept)
        {
            Compare(judged.Hindrance, exchange, differences);
        }

        return differences.Count == 0
            ? new ProofComparison(ProofAgreement.Proved, [])
            : new ProofComparison(proof.Caveats.Count > 0 ? ProofAgreement.Undecided : ProofAgreement.Differs, differences);
    }

    private static void Compare(FlowOutcome judged, KernelProof proof, List<string> differences)
    {
        var expected = Fates(judged);
        if (Array.IndexOf(expected, proof.Fate) < 0)
        {
            differences.Add(
                $"predicted {string.Join(" or ", expected).ToLowerInvariant()}, but the kernel "
                    + $"{proof.Fate.ToString().ToLowerInvariant()} it");
            return;
        }

        switch (judged.Decision)
        {
            case FlowDecision.Drop or FlowDecision.Reject or FlowDecision.Queue
                when judged.Decider is { } decider && !IsSame(decider, proof.Decider):
                differences.Add("another rule decided");
                break;
            case FlowDecision.Accept when judged.Rewriting is { } translation:
                CompareTranslation(translation, proof, differences);
                break;
            case FlowDecision.Accept when proof.FinalDestination is { } address && address != proof.Packet.Destination:
                differences.Add($"the kernel translated the destination to {address}");
                break;
            default:
                break;
        }

        if (judged is
            {
                Decision: FlowDecision.Accept, Delivery: DeliveryKind.Forwarded or DeliveryKind.Sent,
                OutputInterface: not 0 and var output
            } && output != proof.OutputInterface)
        {
            differences.Add("the kernel sent it out on another interface");
        }
    }

    // Where no rule is seen to stop it, the machine may have been too busy.
    private static void Compare(FlowOutcome? hindrance, ProofExchange exchange, List<string> differences)
    {
        if (hindrance is null && exchange is { Stop: not ExchangeStop.None, Decider: not null })
        {
            var stopped = exchange.Stop == ExchangeStop.Request ? "request" : "reply";
            differences.Add($"predicted that an exchange completes, but the kernel stopped the {stopped}");
        }
        else if (hindrance is { IsLate: false, Decision: FlowDecision.Drop or FlowDecision.Reject } && exchange.Stop == ExchangeStop.None)
        {
            differences.Add("predicted that an exchange never completes, but the kernel let request and reply through");
        }
    }

    private static void CompareTranslation(Translation translation, KernelProof proof, List<string> differences)
    {
        if (translation.Address is { } address && proof.FinalDestination is { } reached && address != reached)
        {
            differences.Add($"predicted a translation to {address}, but the kernel translated to {reached}");
        }

        if (translation.Addresses is { } addresses && proof.FinalDestination is { } found && !addresses.Contains(found.Number))
        {
            differences.Add($"the kernel translated to {found}, which is not one of the predicted addresses");
        }

        if (translation.Ports is { } ports && proof.FinalPort is { } foundPort && !ports.Contains(foundPort))
        {
            differences.Add($"the kernel translated to port {foundPort}, which is not one of the predicted ports");
        }

        if (translation.Port is { } port && proof.FinalPort is { } reachedPort && port != reachedPort)
        {
            differences.Add($"predicted a translation to port {port}, but the kernel translated to port {reachedPort}");
        }
    }

    private static PacketFate[] Fates(FlowOutcome judged) => judged.Decision switch
    {
        FlowDecision.Accept => judged.Delivery switch
        {
            DeliveryKind.Local => [PacketFate.Delivered],
            DeliveryKind.Forwarded => [PacketFate.Forwarded],
            DeliveryKind.Sent => [PacketFate.Sent],
            _ => [PacketFate.Delivered, PacketFate.Forwarded, PacketFate.Sent],
        },
        FlowDecision.Drop => [PacketFate.Dropped],
        FlowDecision.Reject => [PacketFate.Rejected],
        FlowDecision.NoRoute => [PacketFate.Vanished],
        FlowDecision.Queue => [PacketFate.Queued],
        _ => [],
    };

    private static bool IsSame(RuleReference judged, RuleReference? proved) => proved is not null
        && judged.Table.Family == proved.Table.Family
        && string.Equals(judged.Table.Name, proved.Table.Name, StringComparison.Ordinal)
        && string.Equals(judged.Chain.Name, proved.Chain.Name, StringComparison.Ordinal)
        && judged.Rule?.Handle == proved.Rule?.Handle;
}

/// <summary>How the judge's answer and the kernel's stand to each other.</summary>
public enum ProofAgreement
{
    /// <summary>The kernel could not be asked; the obstacles say why.</summary>
    NotDone,

    /// <summary>They are the same: proved by the kernel.</summary>
    Proved,

    /// <summary>
    /// The judge left it open, or the scratch namespace is not like the host in what rules test: the kernel's answer is one that may be.
    /// </summary>
    Undecided,

    /// <summary>They differ, which must not be: a defect of Portolan's, to be reported loudly.</summary>
    Differs,
}
