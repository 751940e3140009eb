using Portolan.Firewall.Host;
using Portolan.Firewall.Judging;
using Portolan.Firewall.Rules;

namespace Portolan.Reachability.Explaining.Remedies;

/// <summary>The packets that are to be let in, as the chain that stops them sees them.</summary>
/// <param name="Protocol">Such as <c>tcp</c>.</param>
/// <param name="Port">The port as it is there: behind the translation of destinations it is the new one.</param>
internal sealed record Passage(string Protocol, ushort Port)
{
    /// <summary>Whether they are replies, which come from the port.</summary>
    internal bool IsReply { get; init; }

    /// <summary>The address or prefix of the client, or <c>null</c> for everybody.</summary>
    internal string? Client { get; init; }

    /// <summary>Whether that is IPv4.</summary>
    internal bool IsIPv4 { get; init; }

    /// <summary>The name of the interface that the client is behind, or <c>null</c>. Hostile text.</summary>
    internal string? Interface { get; init; }

    /// <summary>Of packets that a chain stopped.</summary>
    internal static Passage Of(ExplainQuestion question, FlowOutcome outcome, HostFacts? host, bool isReply)
    {
        var client = question.From is { Addresses: not null } from ? from : null;
        return new Passage(question.Protocol.Name(), IsTranslated(outcome, isReply) ? outcome.Translation!.Port ?? question.Port.Value : question.Port.Value)
        {
            IsReply = isReply,
            Client = client?.AddressText,
            IsIPv4 = client?.IsIPv4 ?? true,
            Interface = question.From is { Interface: > 0 and var index } ? host?.Interface(index)?.Name : null,
        };
    }

    /// <summary>The hook of the base chain that the packets ended at.</summary>
    internal static ChainHook? HookOf(FlowOutcome outcome) => outcome.Path is [.., var last] ? last.Chain.Hook : outcome.Decider?.Chain.Hook;

    // The translation stands in a chain of its own; what comes behind it on the path sees what it made.
    private static bool IsTranslated(FlowOutcome outcome, bool isReply) => outcome.Translation is { } translation && (isReply ? SeesReplyOfTarget(HookOf(outcome)) : HookOf(outcome) is not { } hook
        || !(hook.Point == HookPoint.Ingress || (hook.Point is HookPoint.Prerouting or HookPoint.Output && hook.Priority <= (translation.Rule.Chain.Hook?.Priority ?? NatPriority))));

    // A reply gets the old port back where sources are translated (postrouting and input, NF_IP_PRI_NAT_SRC). Hooks behind that see the port asked about.
    private static bool SeesReplyOfTarget(ChainHook? hook) => hook?.Point switch
    {
        HookPoint.Egress => false,
        HookPoint.Input or HookPoint.Postrouting => hook.Priority <= NatSourcePriority,
        _ => true,
    };

    /// <summary>NF_IP_PRI_NAT_DST.</summary>
    private const int NatPriority = -100;

    /// <summary>NF_IP_PRI_NAT_SRC.</summary>
    private const int NatSourcePriority = 100;
}
