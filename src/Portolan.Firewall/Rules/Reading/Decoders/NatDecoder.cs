using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Rules.Reading.Decoders;

/// <summary>Decodes <c>nat</c> (NFTA_NAT_*).</summary>
internal static class NatDecoder
{
    private const int Type = 1;
    private const int Family = 2;
    private const int AddressMin = 3;
    private const int AddressMax = 4;
    private const int PortMin = 5;
    private const int PortMax = 6;
    private const int Flags = 7;

    /// <summary>NFT_NAT_DNAT.</summary>
    private const uint Destination = 1;

    /// <summary>The decoder.</summary>
    internal static ExpressionDecoder Decoder { get; } = new("nat", Flags, Decode);

    /// <summary>The expression, or <c>null</c> when the attributes are not as they should be.</summary>
    internal static Expression? Decode(in AttributeSlots attributes, ExpressionContext context)
    {
        return attributes.TryUInt32(Type, out var type)
            && type <= Destination
            && attributes.TryUInt32(Family, out var family)
            && (RuleFamily)family is RuleFamily.Ip or RuleFamily.Ip6 or RuleFamily.Inet
            && attributes.TryOptionalRegister(AddressMin, out var addressMin)
            && attributes.TryOptionalRegister(AddressMax, out var addressMax)
            && attributes.TryOptionalRegister(PortMin, out var portMin)
            && attributes.TryOptionalRegister(PortMax, out var portMax)
            ? new NatExpression(
                type != Destination, (RuleFamily)family, addressMin, addressMax, portMin, portMax, attributes.UInt32OrZero(Flags))
            : null;
    }
}
