using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Rules.Reading.Decoders;

/// <summary>Decodes <c>osf</c> (NFTA_OSF_*).</summary>
internal static class OsFingerprintDecoder
{
    private const int Destination = 1;
    private const int Ttl = 2;
    private const int Flags = 3;

    /// <summary>The decoder.</summary>
    internal static ExpressionDecoder Decoder { get; } = new("osf", Flags, Decode);

    /// <summary>The expression, or <c>null</c> when the attributes are not as they should be.</summary>
    internal static Expression? Decode(in AttributeSlots attributes, ExpressionContext context)
    {
        attributes.TryByte(Ttl, out var ttl);
        return attributes.TryRegister(Destination, out var destination)
            ? new OsFingerprintExpression(destination, ttl, attributes.UInt32OrZero(Flags))
            : null;
    }
}
