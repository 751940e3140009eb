using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Rules.Reading.Decoders;

/// <summary>Decodes <c>tproxy</c> (NFTA_TPROXY_*).</summary>
internal static class TransparentProxyDecoder
{
    private const int Family = 1;
    private const int Address = 2;
    private const int Port = 3;

    /// <summary>The decoder.</summary>
    internal static ExpressionDecoder Decoder { get; } = new("tproxy", Port, Decode);

    /// <summary>The expression, or <c>null</c> when the attributes are not as they should be.</summary>
    internal static Expression? Decode(in AttributeSlots attributes, ExpressionContext context)
    {
        return attributes.TryUInt32(Family, out var family)
            && (RuleFamily)family is RuleFamily.Unspecified or RuleFamily.Ip or RuleFamily.Ip6
            && attributes.TryOptionalRegister(Address, out var address)
            && attributes.TryOptionalRegister(Port, out var port)
            ? new TransparentProxyExpression((RuleFamily)family, address, port)
            : null;
    }
}
