using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Rules.Reading.Decoders;

/// <summary>Decodes <c>byteorder</c> (NFTA_BYTEORDER_*).</summary>
internal static class ByteOrderDecoder
{
    private const int Source = 1;
    private const int Destination = 2;
    private const int Operation = 3;
    private const int Length = 4;
    private const int Size = 5;

    /// <summary>NFT_BYTEORDER_HTON.</summary>
    private const uint HostToNetwork = 1;

    /// <summary>The decoder.</summary>
    internal static ExpressionDecoder Decoder { get; } = new("byteorder", Size, Decode);

    /// <summary>The expression, or <c>null</c> when the attributes are not as they should be.</summary>
    internal static Expression? Decode(in AttributeSlots attributes, ExpressionContext context)
    {
        return attributes.TryLength(Length, out var length)
            && attributes.TryLength(Size, out var size)
            && size is 2 or 4 or 8
            && length % size == 0
            && attributes.TryRegister(Source, length, out var source)
            && attributes.TryRegister(Destination, length, out var destination)
            && attributes.TryUInt32(Operation, out var operation)
            && operation <= HostToNetwork
            ? new ByteOrderExpression(source, destination, operation != HostToNetwork, length, size)
            : null;
    }
}
