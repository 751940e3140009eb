using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Rules.Reading.Decoders;

/// <summary>Decodes <c>dup</c> (NFTA_DUP_*).</summary>
internal static class DuplicateDecoder
{
    private const int Address = 1;
    private const int Device = 2;

    /// <summary>The decoder.</summary>
    internal static ExpressionDecoder Decoder { get; } = new("dup", Device, Decode);

    /// <summary>The expression, or <c>null</c> when the attributes are not as they should be.</summary>
    internal static Expression? Decode(in AttributeSlots attributes, ExpressionContext context)
    {
        return attributes.TryOptionalRegister(Address, out var address) && attributes.TryOptionalRegister(Device, out var device)
            ? new DuplicateExpression(address, device)
            : null;
    }
}
