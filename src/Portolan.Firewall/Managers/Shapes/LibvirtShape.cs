using Portolan.Firewall.Openings;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Managers.Shapes;

/// <summary>
/// libvirt: chains <c>LIBVIRT_…</c> of iptables, or tables <c>libvirt_network</c>. It makes the rules of its virtual networks anew by
/// itself.
/// </summary>
internal sealed class LibvirtShape : FirewallManager
{
    /// <inheritdoc/>
    public override string Name => "libvirt";

    /// <inheritdoc/>
    public override bool Owns(RuleTable table, RuleChain chain) =>
        table is { Name: "libvirt_network", IsLegacy: false } || chain.Name.StartsWith("LIBVIRT_", StringComparison.Ordinal);

    /// <inheritdoc/>
    public override IEnumerable<Opening> Allow(AllowRequest request) => [];
}
