namespace Portolan.Firewall.Rules.Reading;

/// <summary>Makes an expression of its attributes; <c>null</c> when they are not as they should be. Never throws.</summary>
internal delegate Expression? DecodeExpression(in AttributeSlots attributes, ExpressionContext context);

/// <summary>How one kind of expression is decoded.</summary>
/// <param name="Name">The kernel's name.</param>
/// <param name="LastAttribute">The highest attribute that is known: one beyond could change the meaning, and makes the expression
/// unknown.</param>
/// <param name="Decode">The decoder.</param>
internal sealed record ExpressionDecoder(string Name, int LastAttribute, DecodeExpression Decode);
