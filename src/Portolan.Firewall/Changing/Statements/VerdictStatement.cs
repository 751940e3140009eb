using Portolan.Firewall.Changing.Table;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Changing.Statements;

/// <summary>Accepts, which ends this table's chain only, or drops, which is final.</summary>
/// <param name="IsAccept">Whether it accepts.</param>
public sealed record VerdictStatement(bool IsAccept) : Statement
{
    /// <summary>Accepts.</summary>
    public static VerdictStatement Accept { get; } = new(true);

    /// <summary>Drops.</summary>
    public static VerdictStatement Drop { get; } = new(false);

    /// <inheritdoc/>
    public override string Text => IsAccept ? "accept" : "drop";

    /// <inheritdoc/>
    public override void Write(ExpressionWriter writer) => writer.Verdict(IsAccept ? VerdictKind.Accept : VerdictKind.Drop);
}
