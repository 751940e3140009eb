using Portolan.Firewall.Rendering.Values;

namespace Portolan.Firewall.Rendering.Operands;

/// <summary>An operand as it is written at one place of a rule.</summary>
/// <param name="Text">nft's words.</param>
/// <param name="Type">How constants beside it are written.</param>
/// <param name="IsHostOrder">Whether constants beside it are in the machine's byte order.</param>
internal sealed record Term(string Text, DataType Type, bool IsHostOrder);
