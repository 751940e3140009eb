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
    public override string? Allow(ManagedChain place, AllowRequest request)
    {
        var isIPv6 = place.Table.Family == RuleFamily.Ip6 || (request.From is { } address && IsIPv6(address));
        var chain = place.Chain.Hook is null ? "INPUT" : ShellWord.Of(place.Chain.Name);
        if (chain is null || ShellWord.Of(place.Table.Name) is not { } table)
        {
            return null;
        }

        return $"{Program(isIPv6, place.Table.IsLegacy)}{(table == "filter" ? "" : $" -t {table}")} -I {chain}{Match(request)} -j ACCEPT";
    }

    /// <summary>The program of a family.</summary>
    internal static string Program(bool isIPv6, bool isLegacy) => $"{(isIPv6 ? "ip6tables" : "iptables")}{(isLegacy ? "-legacy" : "")}";

    /// <summary>Addresses, protocol and ports. Only multiport knows ports of UDP-Lite.</summary>
    private static string Match(AllowRequest request) =>
        $"{(request.From is { } from ? $" -s {from}" : "")}{(request.To is { } to ? $" -d {to}" : "")} -p {request.Protocol} {(request.Protocol == "udplite" ? "-m multiport --dports" : "--dport")} {request.PortWords(':')}";

    // iptables-nft names its base chains as iptables always did; tables of nft's own users have lower case.
    private static bool HasBuiltIn(RuleTable table) =>
        table.Chains.Any(c => c.Hook is not null && c.Name is "INPUT" or "FORWARD" or "OUTPUT" or "PREROUTING" or "POSTROUTING");
}
