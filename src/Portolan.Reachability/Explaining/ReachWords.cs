using Portolan.Firewall.Judging;
using Portolan.Reachability.Judging;

namespace Portolan.Reachability.Explaining;

/// <summary>Words about who reaches a port, where not everyone does.</summary>
internal static class ReachWords
{
    /// <summary>What the client sees, unless other packets are stopped in another way.</summary>
    internal static ClientSymptom? Common(FamilyReach reach, TransportProtocol protocol, ClientSymptom? symptom) =>
        IsStoppedInSeveralWays(reach, protocol) ? null : symptom;

    /// <summary>Whether packets are stopped in ways that differ to a client.</summary>
    internal static bool IsStoppedInSeveralWays(FamilyReach reach, TransportProtocol protocol) =>
        reach.Shares.Where(static s => s.Fate is ReachFate.Denied or ReachFate.NoReply)
            .Select(s => (Symptoms.Of(s.Region.Outcome, reach.IsIPv4, protocol), s.Region.Outcome.Repeated?.Decision)).Distinct()
            .Count() > 1;

    /// <summary>Says so, behind what stops most of them; empty where it is one way.</summary>
    internal static string Variety(FamilyReach reach, TransportProtocol protocol) =>
        IsStoppedInSeveralWays(reach, protocol) ? "; other packets are blocked differently" : "";

    /// <summary>Whether the senders get in of whom it is open.</summary>
    internal static string Others(FamilyReach reach, TransportProtocol protocol) => reach.Largest(ReachFate.Open)?.Region.Outcome switch
    {
        null => "others get through",
        { Decision: FlowDecision.Queue } => "whether others get through depends on a program (queue)",
        { Hindrance: { IsLate: true, Decision: not FlowDecision.Depends } later } open =>
            $"others get through up to later packets: {new LaterPackets(protocol, later, open.IsReplyHindered).Reason}",
        { Decision: not FlowDecision.Depends, Hindrance: { } later } =>
            $"whether others get through depends on {RuleLayer.Unjudged(later)}",
        var open => $"whether others get through depends on {RuleLayer.Unjudged(open)}",
    };

    /// <summary>What it depends on who gets through.</summary>
    internal static string On(FamilyReach reach)
    {
        if (!reach.Accepted.IsEmpty || (reach.Mixed.IsEmpty && !IsOfSameSenders(reach)))
        {
            return "the sender";
        }

        var through = (reach.Largest(ReachFate.Accepted) ?? reach.Largest(ReachFate.Open))?.Region.Packets;
        var stopped = reach.Largest(ReachFate.Denied, ReachFate.NoReply, ReachFate.Refused)?.Region.Packets;
        return (through?.Parts ?? []).Concat(stopped?.Parts ?? []).FirstOrDefault() is { } part ? $"the {part.What}"
            : through?.Destinations.Equals(stopped?.Destinations) == false ? "the destination address"
            : "the interface";
    }

    /// <summary>Whether the same senders are stopped with some of their packets, and of the others it is not known.</summary>
    internal static bool IsOfSameSenders(FamilyReach reach) =>
        reach.Largest(ReachFate.Denied, ReachFate.NoReply, ReachFate.Refused) is { } stopped && reach.Largest(ReachFate.Open) is { } open
            && stopped.Senders.Overlaps(open.Senders);

    // What gets through of those of whom a part does.
    private static string Part(FamilyReach reach) =>
        reach.Largest(ReachFate.Accepted)?.Region.Packets is { Parts: [var part, ..] }
            ? $"some packets ({part.What} {part.Which})"
            : "some packets";

    /// <summary>Who gets through.</summary>
    internal static string Who(FamilyReach reach) => reach.Accepted.IsEmpty || reach.Denied.Union(reach.Open).Union(reach.Mixed).IsEmpty
        ? Part(reach)
        : reach.Denied.Size < reach.Accepted.Size
            ? $"everyone but {RuleLayer.Prefixes(reach.Denied.Union(reach.Open).Union(reach.Mixed), reach.Accepted, reach.IsIPv4)}"
            : $"only {RuleLayer.Prefixes(reach.Accepted, reach.Denied.Union(reach.Open).Union(reach.Mixed), reach.IsIPv4)}";

    /// <summary>The packets that are stopped, in words; their senders may get in with other packets.</summary>
    internal static string OfOthers(FamilyReach reach, Share denied) =>
        !reach.Accepted.IsEmpty && denied.Region.Packets.Parts is [var part, ..] && denied.Senders.Except(reach.Mixed).IsEmpty
        ? $"other packets with {part.What} {part.Which}"
        : "other packets";
}
