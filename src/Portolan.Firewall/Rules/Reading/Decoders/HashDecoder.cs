using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Rules.Reading.Decoders;

/// <summary>Decodes <c>hash</c> (NFTA_HASH_*).</summary>
internal static class HashDecoder
{
    private const int Source = 1;
    private const int Destination = 2;
    private const int Length = 3;
    private const int Modulus = 4;
    private const int Seed = 5;
    private const int Offset = 6;
    private const int Type = 7;

    /// <summary>NFT_HASH_JENKINS.</summary>
    private const uint Jenkins = 0;

    /// <summary>NFT_HASH_SYM.</summary>
    private const uint Symmetric = 1;

    /// <summary>The decoder.</summary>
    internal static ExpressionDecoder Decoder { get; } = new("hash", Type, Decode);

    /// <summary>The expression, or <c>null</c> when the attributes are not as they should be.</summary>
    internal static Expression? Decode(in AttributeSlots attributes, ExpressionContext context)
    {
        if (!attributes.TryRegister(Destination, out var destination) || !attributes.TryUInt32(Modulus, out var modulus))
        {
            return null;
        }

        var offset = attributes.UInt32OrZero(Offset);
        var seed = attributes.UInt32OrZero(Seed);
        return attributes.UInt32OrZero(Type) switch
        {
            Jenkins when attributes.TryLength(Length, out var length) && attributes.TryRegister(Source, length, out var source) =>
                new HashExpression(source, destination, length, modulus, seed, offset),
            Symmetric => new HashExpression(null, destination, 0, modulus, seed, offset),
            _ => null,
        };
    }
}
