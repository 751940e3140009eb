using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Rules.Reading.Decoders;

/// <summary>Decodes <c>objref</c> (NFTA_OBJREF_*).</summary>
internal static class ObjectReferenceDecoder
{
    private const int Kind = 1;
    private const int Name = 2;
    private const int Key = 3;
    private const int SetName = 4;
    private const int SetId = 5;

    /// <summary>The decoder.</summary>
    internal static ExpressionDecoder Decoder { get; } = new("objref", SetId, Decode);

    /// <summary>The expression, or <c>null</c> when the attributes are not as they should be.</summary>
    internal static Expression? Decode(in AttributeSlots attributes, ExpressionContext context)
    {
        if (attributes.Has(SetName))
        {
            return attributes.TryRegister(Key, out var key)
                ? new ObjectReferenceExpression(ObjectKind.Unspecified, null, context.Names.Get(attributes.Span(SetName)), key)
                : null;
        }

        return attributes.Has(Name) && attributes.TryUInt32(Kind, out var kind)
            ? new ObjectReferenceExpression((ObjectKind)kind, context.Names.Get(attributes.Span(Name)), null, null)
            : null;
    }
}
