using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Rules.Reading.Decoders;

/// <summary>Decodes <c>socket</c> (NFTA_SOCKET_*).</summary>
internal static class SocketDecoder
{
    private const int Key = 1;
    private const int Destination = 2;
    private const int Level = 3;

    /// <summary>The decoder.</summary>
    internal static ExpressionDecoder Decoder { get; } = new("socket", Level, Decode);

    /// <summary>The expression, or <c>null</c> when the attributes are not as they should be.</summary>
    internal static Expression? Decode(in AttributeSlots attributes, ExpressionContext context)
    {
        return attributes.TryRegister(Destination, out var destination) && attributes.TryUInt32(Key, out var key)
            ? new SocketExpression(destination, key, attributes.UInt32OrNull(Level))
            : null;
    }
}
