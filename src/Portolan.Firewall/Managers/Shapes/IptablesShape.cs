using Portolan.Firewall.Openings;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Managers.Shapes;

/// <summary>
/// What is left in the tables of iptables: made by hand, by iptables-restore or by iptables-persistent, which leave no mark.
/// </summary>
internal sealed class IptablesShape : FirewallManager
{
    /// <summary>Its name.</summary>
    public const string Title = "iptables";

    /// <inheritdoc/>
    public override string Name => Title;

    /// <inheritdoc/>
    public override bool Owns(RuleTable table, RuleChain chain) => RuleInsertion.IsOfIptables(table);

    /// <inheritdoc/>
    /// <remarks>No program makes such rules again: one is put in their midst (<see cref="RuleInsertion"/>).</remarks>
    public override IEnumerable<Opening> Allow(AllowRequest request) => [];
}
