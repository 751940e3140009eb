using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Rules.Reading.Decoders;

/// <summary>Decodes <c>redir</c> (NFTA_REDIR_*).</summary>
internal static class RedirectDecoder
{
    private const int PortMin = 1;
    private const int PortMax = 2;
    private const int Flags = 3;

    /// <summary>The decoder.</summary>
    internal static ExpressionDecoder Decoder { get; } = new("redir", Flags, Decode);

    /// <summary>The expression, or <c>null</c> when the attributes are not as they should be.</summary>
    internal static Expression? Decode(in AttributeSlots attributes, ExpressionContext context)
    {
        return attributes.TryOptionalRegister(PortMin, out var portMin) && attributes.TryOptionalRegister(PortMax, out var portMax)
            ? new RedirectExpression(portMin, portMax, attributes.UInt32OrZero(Flags))
            : null;
    }
}
