using Portolan.Firewall.Openings;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Managers.Shapes;

/// <summary>
/// NixOS: a table <c>inet nixos-fw</c>, or chains <c>nixos-fw…</c> of iptables. What it allows is in the system's configuration.
/// </summary>
internal sealed class NixosShape : FirewallManager
{
    /// <inheritdoc/>
    public override string Name => "NixOS";

    /// <inheritdoc/>
    public override bool Owns(RuleTable table, RuleChain chain) =>
        table.Name.StartsWith("nixos-", StringComparison.Ordinal) || chain.Name.StartsWith("nixos-", StringComparison.Ordinal);

    /// <inheritdoc/>
    public override IEnumerable<Opening> Allow(AllowRequest request)
    {
        if (request.Passage.Interface is not null || request.Ending.Hook?.Point != HookPoint.Input)
        {
            yield break;
        }

        var isNft = request.Decider.Table.Name.StartsWith("nixos-", StringComparison.Ordinal);

        // Its chains: input-allow of its own table, or nixos-fw before what refuses the rest. Where they are otherwise, the rule that stops
        // is the mark.
        var chains = Chains(request, isNft ? request.Decider.Table.Name : "filter", _ => isNft ? "input-allow" : "nixos-fw").ToList();
        var places = chains.Count > 0
            ? chains.Select(c => new RulePlace(c.Table, c.Chain, isNft || c.Chain.Rules.Count == 0 ? null : c.Chain.Rules[^1]))
            : [new RulePlace(request.Decider.Table, request.Decider.Chain, request.Decider.Rule)];
        yield return new Opening([[Line(request, isNft)]], Accepting(request.Passage, places)) { IsConfiguration = true };
    }

    private static string Line(AllowRequest request, bool isNft)
    {
        var (passage, ports) = (request.Passage, request.Passage.Ports);
        var kind = passage.Protocol == TransportProtocol.Udp ? "UDP" : "TCP";
        if (passage is { Client: null, Server: null } && request.IsUsual)
        {
            return ports.First == ports.Last
                ? $"networking.firewall.allowed{kind}Ports = [ {ports.First} ];"
                : $"networking.firewall.allowed{kind}PortRanges = [ {{ from = {ports.First}; to = {ports.Last}; }} ];";
        }

        var isIPv6 = (passage.Client?.Address ?? passage.Server) is { IsIPv4: false };
        return isNft
            ? $"networking.firewall.extraInputRules = \"{string.Join(' ', passage.Matches.SelectMany(static m => m.Nft))} accept\";"
            : $"networking.firewall.extraCommands = \"{(isIPv6 ? "ip6tables" : "iptables")} -A nixos-fw "
                + $"{string.Join(' ', passage.Matches.SelectMany(static m => m.Iptables))} -j nixos-fw-accept\";";
    }
}
