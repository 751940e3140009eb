using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Managers.Shapes;

/// <summary>ufw: chains <c>ufw-…</c> and <c>ufw6-…</c> of iptables, which the built-in chains jump to.</summary>
internal sealed class UfwShape : ManagerShape
{
    /// <inheritdoc/>
    public override string Name => "ufw";

    /// <inheritdoc/>
    public override bool Owns(RuleTable table, RuleChain chain) =>
        chain.Name.StartsWith("ufw-", StringComparison.Ordinal) || chain.Name.StartsWith("ufw6-", StringComparison.Ordinal);

    /// <inheritdoc/>
    public override bool RulesBuiltIn(RuleChain chain) => chain.TableName == "filter" && chain.Name is "INPUT" or "OUTPUT" or "FORWARD";

    /// <inheritdoc/>
    public override string Allow(ManagedChain place, AllowRequest request) => request.From is { } from
        ? $"ufw allow from {from} to any port {request.Port} proto {request.Protocol}"
        : $"ufw allow {request.Port}/{request.Protocol}";
}
