using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Rules.Reading.Decoders;

/// <summary>Decodes <c>counter</c> (NFTA_COUNTER_*).</summary>
internal static class CounterDecoder
{
    private const int Bytes = 1;
    private const int Packets = 2;
    private const int Padding = 3;

    /// <summary>The decoder.</summary>
    internal static ExpressionDecoder Decoder { get; } = new("counter", Padding, Decode);

    /// <summary>The expression, or <c>null</c> when the attributes are not as they should be.</summary>
    internal static Expression? Decode(in AttributeSlots attributes, ExpressionContext context)
    {
        return attributes.TryUInt64(Bytes, out var bytes) && attributes.TryUInt64(Packets, out var packets)
            ? new CounterExpression(bytes, packets)
            : null;
    }
}
