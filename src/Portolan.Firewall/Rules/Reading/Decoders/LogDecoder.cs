using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Rules.Reading.Decoders;

/// <summary>Decodes <c>log</c> (NFTA_LOG_*).</summary>
internal static class LogDecoder
{
    private const int Group = 1;
    private const int Prefix = 2;
    private const int SnapLength = 3;
    private const int QueueThreshold = 4;
    private const int Level = 5;
    private const int Flags = 6;

    /// <summary>The decoder.</summary>
    internal static ExpressionDecoder Decoder { get; } = new("log", Flags, Decode);

    /// <summary>The expression, or <c>null</c> when the attributes are not as they should be.</summary>
    internal static Expression? Decode(in AttributeSlots attributes, ExpressionContext context)
    {
        return new LogExpression(
            attributes.Has(Prefix) ? context.Names.Get(attributes.Span(Prefix)) : null,
            attributes.TryUInt16(Group, out var group) ? group : null,
            attributes.UInt32OrNull(SnapLength),
            attributes.TryUInt16(QueueThreshold, out var threshold) ? threshold : null,
            attributes.UInt32OrNull(Level),
            attributes.UInt32OrZero(Flags));
    }
}
