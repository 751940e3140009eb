using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Rules.Reading.Decoders;

/// <summary>Decodes <c>ct</c> (NFTA_CT_*).</summary>
internal static class ConnectionTrackingDecoder
{
    private const int Destination = 1;
    private const int Key = 2;
    private const int Direction = 3;
    private const int Source = 4;

    /// <summary>The decoder.</summary>
    internal static ExpressionDecoder Decoder { get; } = new("ct", Source, Decode);

    /// <summary>The expression, or <c>null</c> when the attributes are not as they should be.</summary>
    internal static Expression? Decode(in AttributeSlots attributes, ExpressionContext context)
    {
        ConnectionDirection? direction = null;
        if (attributes.Has(Direction))
        {
            if (!attributes.TryByte(Direction, out var given) || given > (byte)ConnectionDirection.Reply)
            {
                return null;
            }

            direction = (ConnectionDirection)given;
        }

        if (!attributes.TryUInt32(Key, out var key))
        {
            return null;
        }

        if (attributes.Has(Source))
        {
            return attributes.TryRegister(Source, out var source)
                ? new ConnectionTrackingWriteExpression(source, (ConnectionKey)key, direction)
                : null;
        }

        return attributes.TryRegister(Destination, out var destination)
            ? new ConnectionTrackingExpression(destination, (ConnectionKey)key, direction)
            : null;
    }
}
