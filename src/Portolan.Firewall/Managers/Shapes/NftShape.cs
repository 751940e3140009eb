using Portolan.Firewall.Openings;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Managers.Shapes;

/// <summary>Every other table of nftables: made by hand or by nftables.service.</summary>
internal sealed class NftShape : FirewallManager
{
    /// <inheritdoc/>
    public override string Name => "nft";

    /// <inheritdoc/>
    public override bool Owns(RuleTable table, RuleChain chain) => !table.IsLegacy;

    /// <inheritdoc/>
    /// <remarks>No program makes such rules again: one is put in their midst (<see cref="RuleInsertion"/>).</remarks>
    public override IEnumerable<Opening> Allow(AllowRequest request) => [];
}
