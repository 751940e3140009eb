using Portolan.Firewall.Host.Ipsec;
using Portolan.Firewall.Judging;

namespace Portolan.Reachability.Judging;

/// <summary>Takes the proof away from what policies of IPsec may stop: they are looked at, and not judged.</summary>
/// <param name="policies">The policies that may stop packets.</param>
internal sealed class IpsecDoubt(IReadOnlyList<IpsecPolicy> policies)
{
    /// <summary>The answer with that doubt.</summary>
    internal FlowAnswer Apply(FlowQuery query, FlowAnswer answer)
    {
        // Loopback has disable_policy and disable_xfrm set (net/ipv4/devinet.c).
        if (policies.Count == 0 || query.Direction == FlowDirection.Loopback)
        {
            return answer;
        }

        foreach (var port in query.Trace is null ? [] : policies.SelectMany(static p => (ushort?[])[p.DestinationPort, p.SourcePort]))
        {
            query.Trace!.Compare(port ?? 0);
        }

        return new FlowAnswer(
            [.. answer.Regions.Select(r => r.Outcome.Decision == FlowDecision.Accept ? r with { Outcome = Doubted(query, r) } : r)]);
    }

    private FlowOutcome Doubted(FlowQuery query, FlowRegion region)
    {
        var (packets, outcome) = (region.Packets, region.Outcome);
        var translated = outcome.Rewriting is { Address: { } address } ? IntervalSet.Of(address.Number) : null;
        var ports = new ushort?[] { query.DestinationPort, outcome.Rewriting?.Port }.Where(static p => p is not null).Distinct().ToList();
        var (way, back) = query.Direction == FlowDirection.Outbound ? (IpsecDirection.Out, IpsecDirection.In)
            : outcome.Delivery == DeliveryKind.Forwarded
            ? (IpsecDirection.Forward, IpsecDirection.Forward)
            : (IpsecDirection.In, IpsecDirection.Out);
        var first = Find(way, (p, to, port) => p.MayConcern(query.IsIPv4, query.Protocol, packets.Sources, to, port, null));

        // What is forwarded leaves by the policies of "out" too.
        first ??= way == IpsecDirection.Forward
            ? Find(IpsecDirection.Out, (p, to, port) => p.MayConcern(query.IsIPv4, query.Protocol, packets.Sources, to, port, null))
            : null;
        var reply = Find(back, (p, from, port) => p.MayConcern(query.IsIPv4, query.Protocol, from, packets.Sources, null, port));
        if (first is not null)
        {
            outcome = With(outcome, first);
        }

        return reply is not null && outcome.Replies is { Decision: FlowDecision.Accept } replies
            ? outcome with { Replies = With(replies, reply) }
            : outcome;

        IpsecPolicy? Find(IpsecDirection direction, Func<IpsecPolicy, IntervalSet, ushort?, bool> concerns)
        {
            foreach (var policy in policies)
            {
                if (policy.Direction == direction
                    && ports.Exists(
                        port => concerns(policy, packets.Destinations, port)
                            || (translated is not null && concerns(policy, translated, port))))
                {
                    return policy;
                }
            }

            return null;
        }
    }

    private static FlowOutcome With(FlowOutcome outcome, IpsecPolicy policy) => outcome with
    {
        Proof = FlowProof.Depends,
        Questions = [.. outcome.Questions, new OpenQuestion(null, $"an IPsec policy may block it: {policy.Text}")],
    };
}
