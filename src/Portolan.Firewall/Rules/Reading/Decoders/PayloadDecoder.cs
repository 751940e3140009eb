using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Rules.Reading.Decoders;

/// <summary>Decodes <c>payload</c> (NFTA_PAYLOAD_*).</summary>
internal static class PayloadDecoder
{
    private const int Destination = 1;
    private const int Base = 2;
    private const int Offset = 3;
    private const int Length = 4;
    private const int Source = 5;
    private const int ChecksumType = 6;
    private const int ChecksumOffset = 7;
    private const int ChecksumFlags = 8;

    /// <summary>The decoder.</summary>
    internal static ExpressionDecoder Decoder { get; } = new("payload", ChecksumFlags, Decode);

    /// <summary>The expression, or <c>null</c> when the attributes are not as they should be.</summary>
    internal static Expression? Decode(in AttributeSlots attributes, ExpressionContext context)
    {
        if (!attributes.TryUInt32(Base, out var number)
            || number > (uint)PayloadBase.Tunnel
            || !attributes.TryLength(Offset, out var offset)
            || !attributes.TryLength(Length, out var length))
        {
            return null;
        }

        if (!attributes.Has(Source))
        {
            return attributes.TryRegister(Destination, length, out var destination)
                ? new PayloadExpression(destination, (PayloadBase)number, offset, length)
                : null;
        }

        return attributes.TryRegister(Source, length, out var source)
            ? new PayloadWriteExpression(
                source,
                (PayloadBase)number,
                offset,
                length,
                attributes.UInt32OrZero(ChecksumType),
                attributes.UInt32OrZero(ChecksumOffset),
                attributes.UInt32OrZero(ChecksumFlags))
            : null;
    }
}
