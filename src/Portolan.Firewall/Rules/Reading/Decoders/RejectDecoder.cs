using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Rules.Reading.Decoders;

/// <summary>Decodes <c>reject</c> (NFTA_REJECT_*).</summary>
internal static class RejectDecoder
{
    private const int Type = 1;
    private const int Code = 2;

    /// <summary>The decoder.</summary>
    internal static ExpressionDecoder Decoder { get; } = new("reject", Code, Decode);

    /// <summary>The expression, or <c>null</c> when the attributes are not as they should be.</summary>
    internal static Expression? Decode(in AttributeSlots attributes, ExpressionContext context)
    {
        if (!attributes.TryUInt32(Type, out var type) || type > (uint)RejectKind.IcmpX)
        {
            return null;
        }

        // A reset has no code.
        attributes.TryByte(Code, out var code);
        return new RejectExpression((RejectKind)type, code);
    }
}
