using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Rules.Reading.Decoders;

/// <summary>Decodes <c>fwd</c> (NFTA_FWD_*).</summary>
internal static class ForwardDecoder
{
    private const int Device = 1;
    private const int Address = 2;
    private const int Family = 3;

    /// <summary>The decoder.</summary>
    internal static ExpressionDecoder Decoder { get; } = new("fwd", Family, Decode);

    /// <summary>The expression, or <c>null</c> when the attributes are not as they should be.</summary>
    internal static Expression? Decode(in AttributeSlots attributes, ExpressionContext context)
    {
        return attributes.TryOptionalRegister(Device, out var device) && attributes.TryOptionalRegister(Address, out var address)
            ? new ForwardExpression(device, address, (RuleFamily)attributes.UInt32OrZero(Family))
            : null;
    }
}
