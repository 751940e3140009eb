using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Rules.Reading.Decoders;

/// <summary>Decodes <c>notrack</c> (no attributes).</summary>
internal static class NoTrackDecoder
{
    /// <summary>The decoder.</summary>
    internal static ExpressionDecoder Decoder { get; } = new("notrack", 0, Decode);

    /// <summary>The expression, or <c>null</c> when the attributes are not as they should be.</summary>
    internal static Expression? Decode(in AttributeSlots attributes, ExpressionContext context)
    {
        return new NoTrackExpression();
    }
}
