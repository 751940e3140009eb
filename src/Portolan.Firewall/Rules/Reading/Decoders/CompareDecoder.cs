using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Rules.Reading.Decoders;

/// <summary>Decodes <c>cmp</c> (NFTA_CMP_*).</summary>
internal static class CompareDecoder
{
    private const int Source = 1;
    private const int Operation = 2;
    private const int Data = 3;

    /// <summary>The decoder.</summary>
    internal static ExpressionDecoder Decoder { get; } = new("cmp", Data, Decode);

    /// <summary>The expression, or <c>null</c> when the attributes are not as they should be.</summary>
    internal static Expression? Decode(in AttributeSlots attributes, ExpressionContext context)
    {
        return attributes.TryUInt32(Operation, out var operation)
            && operation <= (uint)CompareOperation.GreaterOrEqual
            && context.TryValue(attributes.Bytes(Data), out var data)
            && attributes.TryRegister(Source, data.Length, out var source)
            ? new CompareExpression(source, (CompareOperation)operation, data)
            : null;
    }
}
