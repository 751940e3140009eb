namespace Portolan.Firewall.Rules.Expressions;

/// <summary>Lets the connection bypass the rules through a flowtable (nft_flow_offload.c).</summary>
/// <param name="Flowtable">Its name.</param>
public sealed record FlowOffloadExpression(string Flowtable) : Expression
{
    /// <inheritdoc/>
    public override string KernelName => "flow_offload";
}
