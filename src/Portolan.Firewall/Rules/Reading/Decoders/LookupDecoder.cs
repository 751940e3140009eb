using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Rules.Reading.Decoders;

/// <summary>Decodes <c>lookup</c> (NFTA_LOOKUP_*).</summary>
internal static class LookupDecoder
{
    private const int SetName = 1;
    private const int Source = 2;
    private const int Destination = 3;
    private const int Flags = 5;

    /// <summary>NFT_LOOKUP_F_INV.</summary>
    private const uint Inverted = 1;

    /// <summary>The decoder.</summary>
    internal static ExpressionDecoder Decoder { get; } = new("lookup", Flags, Decode);

    /// <summary>The expression, or <c>null</c> when the attributes are not as they should be.</summary>
    internal static Expression? Decode(in AttributeSlots attributes, ExpressionContext context)
    {
        if (!attributes.Has(SetName) || !attributes.TryRegister(Source, out var source))
        {
            return null;
        }

        Register? destination = null;
        if (attributes.Has(Destination))
        {
            // The verdict's register is the one of a verdict map.
            destination = attributes.TryUInt32(Destination, out var number) ? Register.FromKernel(number) : null;
            if (destination is null)
            {
                return null;
            }
        }

        var inverted = (attributes.UInt32OrZero(Flags) & Inverted) != 0;
        return new LookupExpression(context.Names.Get(attributes.Span(SetName)), source, destination, inverted);
    }
}
