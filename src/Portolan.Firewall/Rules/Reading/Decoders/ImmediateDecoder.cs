using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Rules.Reading.Decoders;

/// <summary>Decodes <c>immediate</c> (NFTA_IMMEDIATE_*).</summary>
internal static class ImmediateDecoder
{
    private const int Destination = 1;
    private const int Data = 2;

    /// <summary>The decoder.</summary>
    internal static ExpressionDecoder Decoder { get; } = new("immediate", Data, Decode);

    /// <summary>The expression, or <c>null</c> when the attributes are not as they should be.</summary>
    internal static Expression? Decode(in AttributeSlots attributes, ExpressionContext context)
    {
        if (!attributes.TryUInt32(Destination, out var number)
            || Register.FromKernel(number) is not { } destination
            || !context.TryData(attributes.Bytes(Data), out var value, out var verdict))
        {
            return null;
        }

        if (verdict is not null)
        {
            return destination.IsVerdict ? new ImmediateExpression(destination, default, verdict) : null;
        }

        return attributes.TryRegister(Destination, value.Length, out _) ? new ImmediateExpression(destination, value, null) : null;
    }
}
