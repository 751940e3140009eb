using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Managers.Shapes;

/// <summary>Docker: chains <c>DOCKER…</c> of iptables, or tables <c>docker-bridges</c> of nftables. It publishes ports by itself; one filters them in DOCKER-USER.</summary>
internal sealed class DockerShape : ManagerShape
{
    /// <inheritdoc/>
    public override string Name => "Docker";

    /// <inheritdoc/>
    public override bool Owns(RuleTable table, RuleChain chain) =>
        table is { Name: "docker-bridges", IsLegacy: false } || chain.Name == "DOCKER" || chain.Name.StartsWith("DOCKER-", StringComparison.Ordinal);

    /// <inheritdoc/>
    public override string? Allow(ManagedChain place, AllowRequest request)
    {
        if (place.Table.Name == "docker-bridges")
        {
            return null;
        }

        // Behind the translation the packet has the container's port; the connection still knows the one that was asked for.
        // Where the destination after translation is known, so is the port there.
        var program = IptablesShape.Program(place.Table.Family == RuleFamily.Ip6, place.Table.IsLegacy);
        var port = request.To is { } to ? $" -d {to} -p {request.Protocol} --dport {request.PortWords(':')}"
            : $" -p {request.Protocol} -m conntrack --ctorigdstport {request.PortWords(':')} --ctdir ORIGINAL";
        return $"{program} -I DOCKER-USER{(request.From is { } from ? $" -s {from}" : "")}{port} -j ACCEPT";
    }
}
