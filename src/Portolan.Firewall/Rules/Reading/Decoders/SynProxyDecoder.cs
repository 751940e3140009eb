using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Rules.Reading.Decoders;

/// <summary>Decodes <c>synproxy</c> (NFTA_SYNPROXY_*).</summary>
internal static class SynProxyDecoder
{
    private const int SegmentSize = 1;
    private const int WindowScale = 2;
    private const int Flags = 3;

    /// <summary>The decoder.</summary>
    internal static ExpressionDecoder Decoder { get; } = new("synproxy", Flags, Decode);

    /// <summary>The expression, or <c>null</c> when the attributes are not as they should be.</summary>
    internal static Expression? Decode(in AttributeSlots attributes, ExpressionContext context)
    {
        attributes.TryUInt16(SegmentSize, out var size);
        attributes.TryByte(WindowScale, out var scale);
        return new SynProxyExpression(size, scale, attributes.UInt32OrZero(Flags));
    }
}
