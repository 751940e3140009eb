namespace Portolan.Firewall.Rules.Expressions;

/// <summary>Adds an element to a set, or refreshes or deletes it, from the packet (nft_dynset.c).</summary>
/// <param name="SetName">The set.</param>
/// <param name="Operation">What to do.</param>
/// <param name="Key">Where the key starts.</param>
/// <param name="Data">Where a map's value starts.</param>
/// <param name="TimeoutMilliseconds">Timeout of the element in ms.</param>
/// <param name="Inverted">NFT_DYNSET_F_INV.</param>
/// <param name="Expressions">Stateful expressions of the element, such as limit.</param>
public sealed record DynamicSetExpression(
    string SetName,
    DynamicSetOperation Operation,
    Register Key,
    Register? Data,
    ulong? TimeoutMilliseconds,
    bool Inverted,
    IReadOnlyList<Expression> Expressions) : Expression
{
    /// <inheritdoc/>
    public override string KernelName => "dynset";
}
