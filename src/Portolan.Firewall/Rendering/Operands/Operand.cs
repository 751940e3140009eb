using Portolan.Firewall.Rendering.Values;

namespace Portolan.Firewall.Rendering.Operands;

/// <summary>What a register holds: not a value, but where it comes from.</summary>
/// <param name="length">Bytes.</param>
internal abstract class Operand(int length)
{
    /// <summary>Bytes.</summary>
    public int Length { get; } = length;

    /// <summary>The operand in nft's words.</summary>
    /// <param name="scope">The statement it stands in.</param>
    /// <param name="expected">The type that its place wants; a constant is written by it.</param>
    public abstract Term Resolve(TermScope scope, DataType? expected = null);

    /// <summary>The same as a part of a key that is looked up.</summary>
    public virtual Term ResolveKey(TermScope scope, DataType? expected = null) => Resolve(scope, expected);
}
