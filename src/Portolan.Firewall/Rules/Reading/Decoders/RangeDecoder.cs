using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Rules.Reading.Decoders;

/// <summary>Decodes <c>range</c> (NFTA_RANGE_*).</summary>
internal static class RangeDecoder
{
    private const int Source = 1;
    private const int Operation = 2;
    private const int From = 3;
    private const int To = 4;

    /// <summary>NFT_RANGE_NEQ.</summary>
    private const uint Outside = 1;

    /// <summary>The decoder.</summary>
    internal static ExpressionDecoder Decoder { get; } = new("range", To, Decode);

    /// <summary>The expression, or <c>null</c> when the attributes are not as they should be.</summary>
    internal static Expression? Decode(in AttributeSlots attributes, ExpressionContext context)
    {
        return attributes.TryUInt32(Operation, out var operation)
            && operation <= Outside
            && context.TryValue(attributes.Bytes(From), out var from)
            && context.TryValue(attributes.Bytes(To), out var to)
            && from.Length == to.Length
            && attributes.TryRegister(Source, from.Length, out var source)
            ? new RangeExpression(source, operation == Outside, from, to)
            : null;
    }
}
