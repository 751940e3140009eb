namespace Portolan.Firewall.Rules.Expressions;

/// <summary>Looks a key up in a set, or a map's value or verdict by it (nft_lookup.c). Breaks when it is not there.</summary>
/// <param name="SetName">The set.</param>
/// <param name="Source">Where the key starts.</param>
/// <param name="Destination">Where the map's value goes; <see cref="Register.Verdict"/> of a verdict map.</param>
/// <param name="Inverted">Whether to break when it is there.</param>
public sealed record LookupExpression(string SetName, Register Source, Register? Destination, bool Inverted) : Expression
{
    /// <inheritdoc/>
    public override string KernelName => "lookup";
}
