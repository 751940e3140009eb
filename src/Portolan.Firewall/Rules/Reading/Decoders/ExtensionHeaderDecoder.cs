using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Rules.Reading.Decoders;

/// <summary>Decodes <c>exthdr</c> (NFTA_EXTHDR_*).</summary>
internal static class ExtensionHeaderDecoder
{
    private const int Destination = 1;
    private const int Type = 2;
    private const int Offset = 3;
    private const int Length = 4;
    private const int Flags = 5;
    private const int Kind = 6;
    private const int Source = 7;

    /// <summary>NFT_EXTHDR_F_PRESENT.</summary>
    private const uint Present = 1;

    /// <summary>The decoder.</summary>
    internal static ExpressionDecoder Decoder { get; } = new("exthdr", Source, Decode);

    /// <summary>The expression, or <c>null</c> when the attributes are not as they should be.</summary>
    internal static Expression? Decode(in AttributeSlots attributes, ExpressionContext context)
    {
        if (!attributes.TryByte(Type, out var type)
            || !attributes.TryOptionalRegister(Destination, out var destination)
            || !attributes.TryOptionalRegister(Source, out var source))
        {
            return null;
        }

        // A reset of a TCP option gives neither offset nor length.
        attributes.TryLength(Offset, out var offset);
        attributes.TryLength(Length, out var length);
        if ((destination ?? source) is { } register && (length == 0 || length > (Register.WordCount - register.Word) * sizeof(uint)))
        {
            return null;
        }

        // Kernels before 4.11 know only IPv6 and do not name it.
        var kind = (ExtensionHeaderKind)attributes.UInt32OrZero(Kind);
        return new ExtensionHeaderExpression(
            destination, source, kind, type, offset, length, (attributes.UInt32OrZero(Flags) & Present) != 0);
    }
}
