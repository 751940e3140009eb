using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Rules.Reading.Decoders;

/// <summary>Decodes <c>fib</c> (NFTA_FIB_*).</summary>
internal static class FibDecoder
{
    private const int Destination = 1;
    private const int Result = 2;
    private const int Flags = 3;

    /// <summary>The decoder.</summary>
    internal static ExpressionDecoder Decoder { get; } = new("fib", Flags, Decode);

    /// <summary>The expression, or <c>null</c> when the attributes are not as they should be.</summary>
    internal static Expression? Decode(in AttributeSlots attributes, ExpressionContext context)
    {
        const FibFlags Known = FibFlags.Source | FibFlags.Destination | FibFlags.Mark | FibFlags.Input | FibFlags.Output | FibFlags.Present;
        return attributes.TryRegister(Destination, out var destination)
            && attributes.TryUInt32(Result, out var result)
            && result is >= (uint)FibResult.InterfaceIndex and <= (uint)FibResult.AddressType
            && attributes.TryUInt32(Flags, out var flags)
            && (flags & ~(uint)Known) == 0
            ? new FibExpression(destination, (FibResult)result, (FibFlags)flags)
            : null;
    }
}
