using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Rules.Reading.Decoders;

/// <summary>Decodes <c>limit</c> (NFTA_LIMIT_*).</summary>
internal static class LimitDecoder
{
    private const int Rate = 1;
    private const int Unit = 2;
    private const int Burst = 3;
    private const int Type = 4;
    private const int Flags = 5;
    private const int Padding = 6;

    /// <summary>NFT_LIMIT_PKT_BYTES.</summary>
    private const uint Bytes = 1;

    /// <summary>NFT_LIMIT_F_INV.</summary>
    private const uint Inverted = 1;

    /// <summary>The decoder.</summary>
    internal static ExpressionDecoder Decoder { get; } = new("limit", Padding, Decode);

    /// <summary>The expression, or <c>null</c> when the attributes are not as they should be.</summary>
    internal static Expression? Decode(in AttributeSlots attributes, ExpressionContext context)
    {
        return attributes.TryUInt64(Rate, out var rate) && attributes.TryUInt64(Unit, out var unit)
            && attributes.UInt32OrZero(Type) is var type && type <= Bytes
            ? new LimitExpression(
                rate, unit, attributes.UInt32OrZero(Burst), type == Bytes, (attributes.UInt32OrZero(Flags) & Inverted) != 0)
            : null;
    }
}
