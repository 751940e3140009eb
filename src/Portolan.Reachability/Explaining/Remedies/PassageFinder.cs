using Portolan.Firewall.Host;
using Portolan.Firewall.Judging;
using Portolan.Firewall.Openings;
using Portolan.Firewall.Rules;

namespace Portolan.Reachability.Explaining.Remedies;

/// <summary>The packets of a question as the chain that stops them sees them.</summary>
internal static class PassageFinder
{
    /// <summary>NF_IP_PRI_NAT_DST.</summary>
    private const int NatPriority = -100;

    /// <summary>NF_IP_PRI_NAT_SRC.</summary>
    private const int NatSourcePriority = 100;

    /// <summary>Of packets that a chain stopped.</summary>
    internal static Passage Of(ExplainQuestion question, FlowOutcome outcome, FlowQuery query, HostFacts? host, bool isReply)
    {
        var isTranslated = IsTranslated(outcome, isReply);
        var port = new PortNumber(isTranslated ? outcome.Translation!.Port ?? question.Port.Value : question.Port.Value);
        var server = isTranslated ? outcome.Translation!.Address : question.Address;
        return new Passage(question.Protocol, new PortRange(port, port))
        {
            IsReply = isReply,
            Client = question.From is { Addresses: { Count: 1 } sources, IsThisMachine: false } && query.Direction == FlowDirection.Inbound
                ? PrefixOf(sources.Intervals[0], query.IsIPv4)
                : null,
            Server = server is { IsUnspecified: false } one && one.IsIPv4 == query.IsIPv4 ? one : null,
            Interface = question.From is { Interface: > 0 and var index } ? host?.Interface(index)?.Name : null,
            IsLocal = server is null && !isReply && HookOf(outcome)?.Point is HookPoint.Prerouting or HookPoint.Ingress
                && query.Direction == FlowDirection.Inbound,
        };
    }

    /// <summary>The hook of the base chain that the packets ended at.</summary>
    internal static ChainHook? HookOf(FlowOutcome outcome) =>
        outcome.Path is [.., var last] ? last.Chain.Hook : outcome.Decider?.Chain.Hook;

    private static AddressPrefix PrefixOf(Interval addresses, bool isIPv4)
    {
        var address = InternetAddress.FromNumber(addresses.First, isIPv4);
        return new AddressPrefix(address, address.BitCount - (int)UInt128.Log2(addresses.Last - addresses.First + 1));
    }

    // The translation stands in a chain of its own; what comes behind it on the path sees what it made.
    private static bool IsTranslated(FlowOutcome outcome, bool isReply) =>
        outcome.Rewriting is { } translation && (isReply ? SeesReplyOfTarget(HookOf(outcome)) : HookOf(outcome) is not { } hook
        || !(hook.Point == HookPoint.Ingress
            || (hook.Point is HookPoint.Prerouting or HookPoint.Output
                && hook.Priority <= (translation.Rule.Chain.Hook?.Priority ?? NatPriority))));

    // A reply gets the old port back where sources are translated (postrouting and input, NF_IP_PRI_NAT_SRC). Hooks behind that see the
    // port asked about.
    private static bool SeesReplyOfTarget(ChainHook? hook) => hook?.Point switch
    {
        HookPoint.Egress => false,
        HookPoint.Input or HookPoint.Postrouting => hook.Priority <= NatSourcePriority,
        _ => true,
    };
}
