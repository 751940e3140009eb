using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Rules.Reading.Decoders;

/// <summary>Decodes <c>meta</c> (NFTA_META_*).</summary>
internal static class MetaDecoder
{
    private const int Destination = 1;
    private const int Key = 2;
    private const int Source = 3;

    /// <summary>The decoder.</summary>
    internal static ExpressionDecoder Decoder { get; } = new("meta", Source, Decode);

    /// <summary>The expression, or <c>null</c> when the attributes are not as they should be.</summary>
    internal static Expression? Decode(in AttributeSlots attributes, ExpressionContext context)
    {
        if (!attributes.TryUInt32(Key, out var key))
        {
            return null;
        }

        if (attributes.Has(Source))
        {
            return attributes.TryRegister(Source, out var source) ? new MetaWriteExpression(source, (MetaKey)key) : null;
        }

        return attributes.TryRegister(Destination, out var destination) ? new MetaExpression(destination, (MetaKey)key) : null;
    }
}
