using Portolan.Firewall.Rendering.Values;

namespace Portolan.Firewall.Rendering.Operands;

/// <summary>An operand as it is written at one place of a rule.</summary>
/// <param name="Text">nft's words.</param>
/// <param name="Type">How constants beside it are written.</param>
/// <param name="IsHostOrder">Whether constants beside it are in the machine's byte order.</param>
/// <param name="Length">Bytes that it takes in a register.</param>
internal sealed record Term(string Text, DataType Type, bool IsHostOrder, int Length)
{
    /// <summary>How far constants beside it stand to the left: a part of a byte is looked up where it lies.</summary>
    public int Shift { get; init; }
}
