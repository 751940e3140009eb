using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Managers.Shapes;

/// <summary>NixOS: a table <c>inet nixos-fw</c>, or chains <c>nixos-fw…</c> of iptables. What it allows stands in the system's configuration.</summary>
internal sealed class NixosShape : ManagerShape
{
    /// <inheritdoc/>
    public override string Name => "NixOS";

    /// <inheritdoc/>
    public override bool Owns(RuleTable table, RuleChain chain) => table.Name.StartsWith("nixos-", StringComparison.Ordinal) || chain.Name.StartsWith("nixos-", StringComparison.Ordinal);

    /// <inheritdoc/>
    public override string Allow(ManagedChain place, AllowRequest request)
    {
        if (request.From is not { } from)
        {
            return $"networking.firewall.allowed{(request.Protocol == "udp" ? "UDP" : "TCP")}Ports = [ {request.Port} ];";
        }

        return place.Table.Name.StartsWith("nixos-", StringComparison.Ordinal)
            ? $"networking.firewall.extraInputRules = \"{(IsIPv6(from) ? "ip6" : "ip")} saddr {from} {request.Protocol} dport {request.Port} accept\";"
            : $"networking.firewall.extraCommands = \"{(IsIPv6(from) ? "ip6tables" : "iptables")} -A nixos-fw -s {from} -p {request.Protocol} --dport {request.Port} -j nixos-fw-accept\";";
    }
}
