using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Managers.Shapes;

/// <summary>fail2ban: chains <c>f2b-…</c> of iptables, or a table <c>f2b-table</c>. It only ever denies.</summary>
internal sealed class Fail2banShape : ManagerShape
{
    /// <inheritdoc/>
    public override string Name => "fail2ban";

    /// <inheritdoc/>
    public override bool Owns(RuleTable table, RuleChain chain) => table is { Name: "f2b-table", IsLegacy: false } || chain.Name.StartsWith("f2b-", StringComparison.Ordinal);

    /// <inheritdoc/>
    public override string? Allow(ManagedChain place, AllowRequest request) => request.From is { } from && !from.Contains('/', StringComparison.Ordinal) ? $"fail2ban-client unban {from}" : null;
}
