using Portolan.Firewall.Changing.Table;

namespace Portolan.Firewall.Changing.Statements;

/// <summary>Answers that nobody is there: TCP with a reset, everything else with port unreachable.</summary>
/// <param name="IsTcp">Whether the packets are TCP.</param>
public sealed record RejectStatement(bool IsTcp) : Statement
{
    /// <inheritdoc/>
    public override string Text => IsTcp ? "reject with tcp reset" : "reject with icmpx port-unreachable";

    /// <inheritdoc/>
    public override void Write(ExpressionWriter writer)
    {
        if (IsTcp)
        {
            writer.RejectWithReset();
        }
        else
        {
            writer.RejectAsUnreachable();
        }
    }
}
