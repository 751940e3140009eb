using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Rules.Reading.Decoders;

/// <summary>Decodes <c>connlimit</c> (NFTA_CONNLIMIT_*).</summary>
internal static class ConnectionLimitDecoder
{
    private const int Limit = 1;
    private const int Flags = 2;

    /// <summary>NFT_CONNLIMIT_F_INV.</summary>
    private const uint Inverted = 1;

    /// <summary>The decoder.</summary>
    internal static ExpressionDecoder Decoder { get; } = new("connlimit", Flags, Decode);

    /// <summary>The expression, or <c>null</c> when the attributes are not as they should be.</summary>
    internal static Expression? Decode(in AttributeSlots attributes, ExpressionContext context)
    {
        return attributes.TryUInt32(Limit, out var count)
            ? new ConnectionLimitExpression(count, (attributes.UInt32OrZero(Flags) & Inverted) != 0)
            : null;
    }
}
