using Portolan.Firewall.Host;
using Portolan.Firewall.Host.Routing;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Replay.Proving;

/// <summary>Policy rules that cannot be rebuilt, and whether they matter to a packet.</summary>
internal static class UnbuiltRules
{
    private const byte Icmp = 1;
    private const byte IcmpIPv6 = 58;

    /// <summary>Those that match neither the packet nor what answers it: it is proved without them.</summary>
    internal static List<PolicyRule> WithoutMeaning(Ruleset rules, HostFacts host, ProofPacket packet)
    {
        var isRewritten = rules.Tables.SelectMany(static table => table.Chains).Any(Rewrites);
        return [.. host.PolicyRules.Where(rule => !rule.IsRebuildable && !MayMatch(rule, host, packet, isRewritten))];
    }

    private static bool MayMatch(PolicyRule rule, HostFacts host, ProofPacket packet, bool isRewritten)
    {
        if (rule.IsIPv4 != packet.IsIPv4)
        {
            return false;
        }

        if (rule.IsInverted)
        {
            return true;
        }

        // An error of ICMP may answer it.
        if ((rule.Protocol is { } protocol && protocol is not (Icmp or IcmpIPv6) && protocol != packet.Protocol)
            || (rule.TunnelId is > 0 && host.Interface(packet.InterfaceIndex) is not { MayHandOnTunnels: true }))
        {
            return false;
        }

        var ports = new RouteTransport(
            rule.Protocol ?? packet.Protocol, IntervalSet.Of(packet.SourcePort), IntervalSet.Of(packet.DestinationPort));
        return isRewritten || (Fits(rule, packet.Source, packet.Destination) && ports.Fits(rule) != false)
            || (Fits(rule, packet.Destination, packet.Source) && ports.Reverse.Fits(rule) != false);
    }

    private static bool Fits(PolicyRule rule, InternetAddress source, InternetAddress destination) =>
        Contains(rule.Source, rule.SourceLength, source) && Contains(rule.Destination, rule.DestinationLength, destination);

    private static bool Contains(InternetAddress? prefix, int length, InternetAddress address) =>
        prefix is not { } network || IntervalSet.Prefix(network.Number, length, network.BitCount).Contains(address.Number);

    private static bool Rewrites(RuleChain chain) => chain.Rules.Count > 0
        && (chain.Hook is { Type: "nat" } || chain.Rules.Any(static rule => rule.Expressions.Any(static e => e is PayloadWriteExpression)));
}
