using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Rules.Reading.Decoders;

/// <summary>Decodes <c>numgen</c> (NFTA_NG_*).</summary>
internal static class NumberGeneratorDecoder
{
    private const int Destination = 1;
    private const int Modulus = 2;
    private const int Type = 3;
    private const int Offset = 4;

    /// <summary>NFT_NG_RANDOM.</summary>
    private const uint Random = 1;

    /// <summary>The decoder.</summary>
    internal static ExpressionDecoder Decoder { get; } = new("numgen", Offset, Decode);

    /// <summary>The expression, or <c>null</c> when the attributes are not as they should be.</summary>
    internal static Expression? Decode(in AttributeSlots attributes, ExpressionContext context)
    {
        return attributes.TryRegister(Destination, out var destination)
            && attributes.TryUInt32(Modulus, out var modulus)
            && attributes.TryUInt32(Type, out var type)
            && type <= Random
            ? new NumberGeneratorExpression(destination, modulus, type == Random, attributes.UInt32OrZero(Offset))
            : null;
    }
}
