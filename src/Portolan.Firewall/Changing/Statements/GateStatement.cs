using Portolan.Firewall.Changing.Table;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Changing.Statements;

/// <summary>
/// A switch: packets of the families that are elements of a set of the table. An element's timeout turns the rule off, or for a negated
/// one on again, without any program's help.
/// </summary>
/// <param name="Set">The set.</param>
/// <param name="IsNegated">Whether packets of other families pass.</param>
public sealed record GateStatement(string Set, bool IsNegated) : Statement
{
    /// <inheritdoc/>
    public override string Text => $"meta nfproto {(IsNegated ? "!= " : "")}@{Set}";

    /// <inheritdoc/>
    public override void Write(ExpressionWriter writer)
    {
        writer.Meta(MetaKey.NetfilterProtocol);
        writer.Lookup(Set, IsNegated);
    }
}
