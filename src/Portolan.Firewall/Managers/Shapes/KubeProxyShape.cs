using Portolan.Firewall.Openings;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Managers.Shapes;

/// <summary>
/// kube-proxy: chains <c>KUBE-…</c> of iptables, or a table <c>kube-proxy</c>. Who may reach a service is in the cluster.
/// </summary>
internal sealed class KubeProxyShape : FirewallManager
{
    /// <inheritdoc/>
    public override string Name => "kube-proxy";

    /// <inheritdoc/>
    public override bool Owns(RuleTable table, RuleChain chain) =>
        table is { Name: "kube-proxy", IsLegacy: false } || chain.Name.StartsWith("KUBE-", StringComparison.Ordinal);

    /// <inheritdoc/>
    public override IEnumerable<Opening> Allow(AllowRequest request) => [];
}
