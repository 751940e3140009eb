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
    public override string? Allow(ManagedChain place, AllowRequest request)
    {
        if (!request.IsUsual)
        {
            return null;
        }

        // What a person's own rule denies is asked before a rule that is only added.
        var verb = request.Dropping?.Name is { } name && name.Contains("-user-", StringComparison.Ordinal) ? "prepend allow" : "allow";
        var ports = request.PortWords(':');
        return place.Chain.Hook is { Point: HookPoint.Forward }
            ? $"ufw route {verb} proto {request.Protocol} from {request.From ?? "any"} to {request.To ?? "any"} port {ports}"
            : request.From is { } from ? $"ufw {verb} from {from} to any port {ports} proto {request.Protocol}" : $"ufw {verb} {ports}/{request.Protocol}";
    }
}
