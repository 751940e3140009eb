using Portolan.Firewall.Openings;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Managers.Shapes;

/// <summary>Podman's netavark: a table <c>netavark</c>, or chains <c>NETAVARK…</c> of iptables. It publishes ports by itself.</summary>
internal sealed class PodmanShape : FirewallManager
{
    /// <inheritdoc/>
    public override string Name => "Podman";

    /// <inheritdoc/>
    public override bool Owns(RuleTable table, RuleChain chain) =>
        table is { Name: "netavark", IsLegacy: false }
        || chain.Name.StartsWith("NETAVARK", StringComparison.Ordinal)
        || chain.Name.StartsWith("CNI-", StringComparison.Ordinal);

    /// <inheritdoc/>
    public override IEnumerable<Opening> Allow(AllowRequest request) => [];
}
