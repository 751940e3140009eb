using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Rules.Reading.Decoders;

/// <summary>Decodes <c>bitwise</c> (NFTA_BITWISE_*).</summary>
internal static class BitwiseDecoder
{
    private const int Source = 1;
    private const int Destination = 2;
    private const int Length = 3;
    private const int Mask = 4;
    private const int Xor = 5;
    private const int Operation = 6;
    private const int Data = 7;
    private const int SecondSource = 8;

    /// <summary>The decoder.</summary>
    internal static ExpressionDecoder Decoder { get; } = new("bitwise", SecondSource, Decode);

    /// <summary>The expression, or <c>null</c> when the attributes are not as they should be.</summary>
    internal static Expression? Decode(in AttributeSlots attributes, ExpressionContext context)
    {
        if (!attributes.TryLength(Length, out var length)
            || !attributes.TryRegister(Source, length, out var source)
            || !attributes.TryRegister(Destination, length, out var destination)
            || !attributes.TryOptionalRegister(SecondSource, out var second))
        {
            return null;
        }

        // Kernels before 5.6 know only the first operation and do not name it.
        var operation = (BitwiseOperation)attributes.UInt32OrZero(Operation);
        if (operation == BitwiseOperation.MaskXor)
        {
            return context.TryValue(attributes.Bytes(Mask), out var mask)
                && context.TryValue(attributes.Bytes(Xor), out var xor)
                && mask.Length == length
                && xor.Length == length
                ? new BitwiseExpression(source, destination, null, length, operation, mask, xor, default)
                : null;
        }

        ReadOnlyMemory<byte> data = default;
        if (operation > BitwiseOperation.Xor || (second is null && !context.TryValue(attributes.Bytes(Data), out data)))
        {
            return null;
        }

        var isShift = operation is BitwiseOperation.LeftShift or BitwiseOperation.RightShift;
        var isValid = second is { } other
            ? !isShift && length <= (Register.WordCount - other.Word) * sizeof(uint)
            : data.Length == (isShift ? sizeof(uint) : length);
        return isValid ? new BitwiseExpression(source, destination, second, length, operation, default, default, data) : null;
    }
}
