using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Rules.Reading.Decoders;

/// <summary>Decodes <c>dynset</c> (NFTA_DYNSET_*).</summary>
internal static class DynamicSetDecoder
{
    private const int SetName = 1;
    private const int Operation = 3;
    private const int Key = 4;
    private const int Data = 5;
    private const int Timeout = 6;
    private const int Single = 7;
    private const int Flags = 9;
    private const int Expressions = 10;

    /// <summary>NFT_DYNSET_F_INV.</summary>
    private const uint Inverted = 1;

    /// <summary>The decoder.</summary>
    internal static ExpressionDecoder Decoder { get; } = new("dynset", Expressions, Decode);

    /// <summary>The expression, or <c>null</c> when the attributes are not as they should be.</summary>
    internal static Expression? Decode(in AttributeSlots attributes, ExpressionContext context)
    {
        if (!attributes.Has(SetName)
            || !attributes.TryUInt32(Operation, out var operation)
            || operation > (uint)DynamicSetOperation.Delete
            || !attributes.TryRegister(Key, out var key)
            || !attributes.TryOptionalRegister(Data, out var data))
        {
            return null;
        }

        // One expression has an attribute of its own (NFTA_DYNSET_EXPR), more are a list.
        IReadOnlyList<Expression> expressions = [];
        if ((attributes.Has(Single) && !context.TrySingle(attributes.Bytes(Single), out expressions))
            || (attributes.Has(Expressions) && !context.TryList(attributes.Bytes(Expressions), out expressions)))
        {
            return null;
        }

        return new DynamicSetExpression(
            context.Names.Get(attributes.Span(SetName)),
            (DynamicSetOperation)operation,
            key,
            data,
            attributes.UInt64OrNull(Timeout) is > 0 and var timeout ? timeout : null,
            (attributes.UInt32OrZero(Flags) & Inverted) != 0,
            expressions);
    }
}
