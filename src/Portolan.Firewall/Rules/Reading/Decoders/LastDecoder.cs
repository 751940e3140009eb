using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Rules.Reading.Decoders;

/// <summary>Decodes <c>last</c> (NFTA_LAST_*).</summary>
internal static class LastDecoder
{
    private const int Set = 1;
    private const int Milliseconds = 2;
    private const int Padding = 3;

    /// <summary>The decoder.</summary>
    internal static ExpressionDecoder Decoder { get; } = new("last", Padding, Decode);

    /// <summary>The expression, or <c>null</c> when the attributes are not as they should be.</summary>
    internal static Expression? Decode(in AttributeSlots attributes, ExpressionContext context)
    {
        var isSet = attributes.UInt32OrZero(Set) != 0;
        return new LastExpression(isSet, isSet ? attributes.UInt64OrZero(Milliseconds) : 0);
    }
}
