using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Managers.Shapes;

/// <summary>What is left in the tables of iptables: made by hand, by iptables-restore or by iptables-persistent, which leave no mark.</summary>
internal sealed class IptablesShape : ManagerShape
{
    /// <summary>Its name.</summary>
    public const string Title = "iptables";

    /// <inheritdoc/>
    public override string Name => Title;

    /// <inheritdoc/>
    public override bool Owns(RuleTable table, RuleChain chain) => table.IsLegacy
        || (table.Family is RuleFamily.Ip or RuleFamily.Ip6 && table.Name is "filter" or "nat" or "mangle" or "raw" or "security" && HasBuiltIn(table));

    /// <inheritdoc/>
    public override string Allow(ManagedChain place, AllowRequest request)
    {
        var program = place.Table.Family == RuleFamily.Ip6 || (request.From is { } address && IsIPv6(address)) ? "ip6tables" : "iptables";
        return $"{program}{(place.Table.IsLegacy ? "-legacy" : "")} -I INPUT{(request.From is { } from ? $" -s {from}" : "")} -p {request.Protocol} --dport {request.Port} -j ACCEPT";
    }

    // iptables-nft names its base chains as iptables always did; tables of nft's own users have lower case.
    private static bool HasBuiltIn(RuleTable table) =>
        table.Chains.Any(c => c.Hook is not null && c.Name is "INPUT" or "FORWARD" or "OUTPUT" or "PREROUTING" or "POSTROUTING");
}
