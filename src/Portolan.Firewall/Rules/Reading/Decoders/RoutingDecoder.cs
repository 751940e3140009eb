using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Rules.Reading.Decoders;

/// <summary>Decodes <c>rt</c> (NFTA_RT_*).</summary>
internal static class RoutingDecoder
{
    private const int Destination = 1;
    private const int Key = 2;

    /// <summary>The decoder.</summary>
    internal static ExpressionDecoder Decoder { get; } = new("rt", Key, Decode);

    /// <summary>The expression, or <c>null</c> when the attributes are not as they should be.</summary>
    internal static Expression? Decode(in AttributeSlots attributes, ExpressionContext context)
    {
        return attributes.TryRegister(Destination, out var destination) && attributes.TryUInt32(Key, out var key)
            ? new RoutingExpression(destination, key)
            : null;
    }
}
