using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Rules.Reading.Decoders;

/// <summary>Decodes <c>match</c> (NFTA_MATCH_* of linux/netfilter/nf_tables_compat.h).</summary>
internal static class XtMatchDecoder
{
    private const int Name = 1;
    private const int Revision = 2;
    private const int Info = 3;

    /// <summary>The decoder.</summary>
    internal static ExpressionDecoder Decoder { get; } = new("match", Info, Decode);

    /// <summary>The expression, or <c>null</c> when the attributes are not as they should be.</summary>
    internal static Expression? Decode(in AttributeSlots attributes, ExpressionContext context)
    {
        return attributes.Has(Name) && attributes.TryUInt32(Revision, out var revision)
            ? new XtMatchExpression(context.Names.Get(attributes.Span(Name)), revision, attributes.Bytes(Info))
            : null;
    }
}
