using Portolan.Firewall.Rules.Expressions;
using Portolan.Firewall.Xt;

namespace Portolan.Firewall.Rules.Reading.Decoders;

/// <summary>Decodes <c>target</c> (NFTA_TARGET_* of linux/netfilter/nf_tables_compat.h).</summary>
internal static class XtTargetDecoder
{
    private const int Name = 1;
    private const int Revision = 2;
    private const int Info = 3;

    /// <summary>The decoder.</summary>
    internal static ExpressionDecoder Decoder { get; } = new("target", Info, Decode);

    /// <summary>The expression, or <c>null</c> when the attributes are not as they should be.</summary>
    internal static Expression? Decode(in AttributeSlots attributes, ExpressionContext context)
    {
        if (!attributes.Has(Name) || !attributes.TryUInt32(Revision, out var revision))
        {
            return null;
        }

        var name = context.Names.Get(attributes.Span(Name));
        var info = attributes.Bytes(Info);
        return new XtTargetExpression(name, revision, info)
        {
            Target = context.Xt.DecodeTarget(name, new XtPayload(context.Family, revision, info)),
        };
    }
}
