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
        var kind = request.Protocol == "udp" ? "UDP" : "TCP";
        if (request is { From: null, IsUsual: true })
        {
            return request.Ports.First == request.Ports.Last
                ? $"networking.firewall.allowed{kind}Ports = [ {request.Ports.First} ];"
                : $"networking.firewall.allowed{kind}PortRanges = [ {{ from = {request.Ports.First}; to = {request.Ports.Last}; }} ];";
        }

        var isIPv6 = request.From is { } address && IsIPv6(address);

        return place.Table.Name.StartsWith("nixos-", StringComparison.Ordinal)
            ? $"networking.firewall.extraInputRules = \"{(request.From is { } sender ? $"{(isIPv6 ? "ip6" : "ip")} saddr {sender} " : "")}{request.Protocol} dport {request.PortWords('-')} accept\";"
            : $"networking.firewall.extraCommands = \"{IptablesShape.Program(isIPv6, false)} -A nixos-fw{(request.From is { } source ? $" -s {source}" : "")} -p {request.Protocol} --dport {request.PortWords(':')} -j nixos-fw-accept\";";
    }
}
