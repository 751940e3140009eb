using Portolan.Firewall.Changing.Table;

namespace Portolan.Firewall.Changing.Statements;

/// <summary>Packets beyond a rate.</summary>
/// <param name="Rate">The rate.</param>
public sealed record RateOverStatement(RuleRate Rate) : Statement
{
    /// <inheritdoc/>
    public override string Text => $"limit rate over {Rate} burst {RuleRate.Burst} packets";

    /// <inheritdoc/>
    public override void Write(ExpressionWriter writer) => writer.LimitOver(Rate);
}
