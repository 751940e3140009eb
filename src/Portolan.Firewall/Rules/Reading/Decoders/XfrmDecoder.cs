using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Rules.Reading.Decoders;

/// <summary>Decodes <c>xfrm</c> (NFTA_XFRM_*).</summary>
internal static class XfrmDecoder
{
    private const int Destination = 1;
    private const int Key = 2;
    private const int Direction = 3;
    private const int SpNumber = 4;

    /// <summary>The decoder.</summary>
    internal static ExpressionDecoder Decoder { get; } = new("xfrm", SpNumber, Decode);

    /// <summary>The expression, or <c>null</c> when the attributes are not as they should be.</summary>
    internal static Expression? Decode(in AttributeSlots attributes, ExpressionContext context)
    {
        return attributes.TryRegister(Destination, out var destination)
            && attributes.TryUInt32(Key, out var key)
            && attributes.TryByte(Direction, out var direction)
            ? new XfrmExpression(destination, key, direction, attributes.UInt32OrZero(SpNumber))
            : null;
    }
}
