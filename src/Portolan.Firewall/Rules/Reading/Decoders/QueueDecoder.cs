using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Rules.Reading.Decoders;

/// <summary>Decodes <c>queue</c> (NFTA_QUEUE_*).</summary>
internal static class QueueDecoder
{
    private const int Number = 1;
    private const int Total = 2;
    private const int Flags = 3;
    private const int Source = 4;

    /// <summary>The decoder.</summary>
    internal static ExpressionDecoder Decoder { get; } = new("queue", Source, Decode);

    /// <summary>The expression, or <c>null</c> when the attributes are not as they should be.</summary>
    internal static Expression? Decode(in AttributeSlots attributes, ExpressionContext context)
    {
        if (!attributes.TryOptionalRegister(Source, out var source))
        {
            return null;
        }

        attributes.TryUInt16(Flags, out var flags);
        var total = attributes.TryUInt16(Total, out var given) ? given : (ushort)1;
        return attributes.TryUInt16(Number, out var first) || source is not null ? new QueueExpression(first, total, flags, source) : null;
    }
}
