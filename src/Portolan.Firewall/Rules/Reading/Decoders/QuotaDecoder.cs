using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Rules.Reading.Decoders;

/// <summary>Decodes <c>quota</c> (NFTA_QUOTA_*).</summary>
internal static class QuotaDecoder
{
    private const int Bytes = 1;
    private const int Flags = 2;
    private const int Consumed = 4;

    /// <summary>NFT_QUOTA_F_INV.</summary>
    private const uint Inverted = 1;

    /// <summary>The decoder.</summary>
    internal static ExpressionDecoder Decoder { get; } = new("quota", Consumed, Decode);

    /// <summary>The expression, or <c>null</c> when the attributes are not as they should be.</summary>
    internal static Expression? Decode(in AttributeSlots attributes, ExpressionContext context)
    {
        return attributes.TryUInt64(Bytes, out var bytes)
            ? new QuotaExpression(bytes, attributes.UInt64OrZero(Consumed), (attributes.UInt32OrZero(Flags) & Inverted) != 0)
            : null;
    }
}
