using System.Globalization;
using Portolan.Firewall.Judging;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Changing;

/// <summary>The command that lets in what a rule of another manager's drops, in that manager's own words: nobody else's tables are ever touched.</summary>
public static class ManagerCommand
{
    /// <summary>The command for the first port of a rule; for rules that no manager is known for, one of nft.</summary>
    /// <param name="rules">All rules.</param>
    /// <param name="decider">The rule or policy that drops.</param>
    /// <param name="wanted">What is to be let in.</param>
    public static string For(Ruleset rules, RuleReference decider, OwnRule wanted)
    {
        var protocol = wanted.Scope.Protocols[0].Name();
        var ports = wanted.Scope.Ports.Ranges.First();
        var isIPv4 = decider.Table.Family != RuleFamily.Ip6 && wanted.Scope.Has(true);
        var from = wanted.Scope.From.IsAny ? null : wanted.Scope.From.Items(isIPv4).FirstOrDefault();
        if (IsUfw(rules, decider))
        {
            var range = ports.Count == 1 ? ports.ToString() : string.Create(CultureInfo.InvariantCulture, $"{ports.First}:{ports.Last}");
            return $"ufw allow {(from is null && ports.Count == 1 ? $"{range}/{protocol}" : $"proto {protocol} from {from ?? "any"} to any port {range}")}";
        }

        if (IsNamed(decider.Table, "firewalld"))
        {
            return from is null
                ? $"firewall-cmd --permanent --add-port={ports}/{protocol} && firewall-cmd --reload"
                : $"firewall-cmd --permanent --add-rich-rule='rule family=\"{(isIPv4 ? "ipv4" : "ipv6")}\" source address=\"{from}\" port port=\"{ports}\" protocol=\"{protocol}\" accept' && firewall-cmd --reload";
        }

        if (IsNamed(decider.Table, "nixos-fw"))
        {
            return ports.Count == 1
                ? $"networking.firewall.allowed{(protocol == "udp" ? "UDP" : "TCP")}Ports = [ {ports} ]; in configuration.nix, then nixos-rebuild switch"
                : $"networking.firewall.allowed{(protocol == "udp" ? "UDP" : "TCP")}PortRanges = [ {{ from = {ports.First}; to = {ports.Last}; }} ]; in configuration.nix, then nixos-rebuild switch";
        }

        return decider.Table.IsLegacy ? Legacy(decider, protocol, ports, from) : Nft(decider, protocol, ports, from, isIPv4);
    }

    private static string Legacy(RuleReference decider, string protocol, PortRange ports, string? from)
    {
        var program = decider.Table.Family == RuleFamily.Ip6 ? "ip6tables-legacy" : "iptables-legacy";
        var range = ports.Count == 1 ? ports.ToString() : string.Create(CultureInfo.InvariantCulture, $"{ports.First}:{ports.Last}");
        return $"{program} -t {decider.Table.Name} -I {decider.Chain.Name} {(from is null ? "" : $"-s {from} ")}-p {protocol} --dport {range} -j ACCEPT";
    }

    private static string Nft(RuleReference decider, string protocol, PortRange ports, string? from, bool isIPv4) =>
        $"nft insert rule {Portolan.Firewall.Rendering.RuleWords.Of(decider.Table.Family)} {decider.Table.Name} {decider.Chain.Name} {(from is null ? "" : $"{(isIPv4 ? "ip" : "ip6")} saddr {from} ")}{protocol} dport {ports} accept";

    private static bool IsUfw(Ruleset rules, RuleReference decider) =>
        decider.Chain.Name.StartsWith("ufw", StringComparison.Ordinal)
        || (IsNamed(decider.Table, "filter")
            && rules.Tables.Any(t => IsNamed(t, "filter") && t.Family == decider.Table.Family && t.Chains.Any(c => c.Name is "ufw-user-input" or "ufw6-user-input")));

    private static bool IsNamed(RuleTable table, string name) => string.Equals(table.Name, name, StringComparison.Ordinal);
}
