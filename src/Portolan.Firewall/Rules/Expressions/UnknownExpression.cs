namespace Portolan.Firewall.Rules.Expressions;

/// <summary>An expression that is not known here: judged both ways.</summary>
/// <param name="Name">The kernel's name. Hostile text.</param>
/// <param name="Attributes">Its attributes.</param>
public sealed record UnknownExpression(string Name, ReadOnlyMemory<byte> Attributes) : Expression
{
    /// <inheritdoc/>
    public override string KernelName => Name;
}
