using Portolan.Firewall.Openings;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Managers.Shapes;

/// <summary>
/// fail2ban: chains <c>f2b-…</c> of iptables, or a table <c>f2b-table</c>. It only ever denies, and nothing is to be let past it.
/// </summary>
internal sealed class Fail2banShape : FirewallManager
{
    /// <inheritdoc/>
    public override string Name => "fail2ban";

    /// <inheritdoc/>
    public override bool Owns(RuleTable table, RuleChain chain) =>
        table is { Name: "f2b-table", IsLegacy: false } || chain.Name.StartsWith("f2b-", StringComparison.Ordinal);

    /// <inheritdoc/>
    public override IEnumerable<Opening> Allow(AllowRequest request) => [];
}
