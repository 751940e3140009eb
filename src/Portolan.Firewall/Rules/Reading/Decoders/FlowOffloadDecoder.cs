using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Rules.Reading.Decoders;

/// <summary>Decodes <c>flow_offload</c> (NFTA_FLOW_*).</summary>
internal static class FlowOffloadDecoder
{
    private const int TableName = 1;

    /// <summary>The decoder.</summary>
    internal static ExpressionDecoder Decoder { get; } = new("flow_offload", TableName, Decode);

    /// <summary>The expression, or <c>null</c> when the attributes are not as they should be.</summary>
    internal static Expression? Decode(in AttributeSlots attributes, ExpressionContext context)
    {
        return attributes.Has(TableName) ? new FlowOffloadExpression(context.Names.Get(attributes.Span(TableName))) : null;
    }
}
