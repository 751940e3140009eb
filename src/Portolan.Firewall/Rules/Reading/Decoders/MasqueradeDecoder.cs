using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Rules.Reading.Decoders;

/// <summary>Decodes <c>masq</c> (NFTA_MASQ_*).</summary>
internal static class MasqueradeDecoder
{
    private const int Flags = 1;
    private const int PortMin = 2;
    private const int PortMax = 3;

    /// <summary>The decoder.</summary>
    internal static ExpressionDecoder Decoder { get; } = new("masq", PortMax, Decode);

    /// <summary>The expression, or <c>null</c> when the attributes are not as they should be.</summary>
    internal static Expression? Decode(in AttributeSlots attributes, ExpressionContext context)
    {
        return attributes.TryOptionalRegister(PortMin, out var portMin) && attributes.TryOptionalRegister(PortMax, out var portMax)
            ? new MasqueradeExpression(attributes.UInt32OrZero(Flags), portMin, portMax)
            : null;
    }
}
