namespace Portolan.Firewall.Rules.Reading;

/// <summary>Decodes the elements of a set (NFTA_SET_ELEM_*).</summary>
internal static class SetElementDecoder
{
    /// <summary>NFTA_SET_ELEM_LIST_ELEMENTS.</summary>
    internal const int ListElements = 3;

    /// <summary>NFTA_SET_ELEM_KEY.</summary>
    internal const int Key = 1;

    /// <summary>NFTA_SET_ELEM_FLAGS.</summary>
    internal const int Flags = 3;

    /// <summary>NFTA_SET_ELEM_KEY_END.</summary>
    internal const int KeyEnd = 10;

    private const int Data = 2;
    private const int Timeout = 4;
    private const int Expiration = 5;
    private const int UserDataAttribute = 6;
    private const int SingleExpression = 7;
    private const int ObjectName = 9;
    private const int Expressions = 11;

    /// <summary>The elements that are understood.</summary>
    /// <returns>Whether all are.</returns>
    internal static bool TryDecode(
        List<KeptMessage> messages, ElementSet set, ExpressionContext context, out IReadOnlyList<SetElement> elements)
    {
        var count = 0;
        foreach (var message in messages)
        {
            count += Count(message);
        }

        // A set without elements has a message too.
        var areUnderstood = true;
        var decoded = new SetElement[count];
        count = 0;
        foreach (var message in messages)
        {
            areUnderstood &= AttributeSlots.TryRead(message.Attributes, out var attributes);
            var walk = new AttributeWalk(attributes.Bytes(ListElements));
            while (walk.MoveNext())
            {
                if (TryDecode(walk.Value, set, context, out var element))
                {
                    decoded[count++] = element;
                }
                else
                {
                    areUnderstood = false;
                }
            }

            areUnderstood &= !walk.IsMalformed;
        }

        elements = count == decoded.Length ? decoded : decoded[..count];
        return areUnderstood;
    }

    private static int Count(KeptMessage message)
    {
        AttributeSlots.TryRead(message.Attributes, out var attributes);
        var walk = new AttributeWalk(attributes.Bytes(ListElements));
        var count = 0;
        while (walk.MoveNext())
        {
            count++;
        }

        return count;
    }

    private static bool TryDecode(ReadOnlyMemory<byte> bytes, ElementSet set, ExpressionContext context, out SetElement element)
    {
        element = default;
        if (!AttributeSlots.TryRead(bytes, out var attributes) || !TryExtra(in attributes, set, context, out var extra))
        {
            return false;
        }

        var flags = (SetElementFlags)attributes.UInt32OrZero(Flags);
        ReadOnlyMemory<byte> key = default, keyEnd = default;
        if ((flags & SetElementFlags.CatchAll) == 0
            && !(context.TryValue(attributes.Bytes(Key), out key) && key.Length == set.KeyLength))
        {
            return false;
        }

        if (attributes.Has(KeyEnd) && !(context.TryValue(attributes.Bytes(KeyEnd), out keyEnd) && keyEnd.Length == set.KeyLength))
        {
            return false;
        }

        element = new SetElement(key, keyEnd, flags, extra);
        return true;
    }

    private static bool TryExtra(in AttributeSlots attributes, ElementSet set, ExpressionContext context, out SetElementExtra? extra)
    {
        extra = null;
        if (!attributes.Has(Data)
            && !attributes.Has(Timeout)
            && !attributes.Has(Expiration)
            && !attributes.Has(UserDataAttribute)
            && !attributes.Has(SingleExpression)
            && !attributes.Has(Expressions)
            && !attributes.Has(ObjectName))
        {
            return true;
        }

        ReadOnlyMemory<byte> value = default;
        RuleVerdict? verdict = null;
        IReadOnlyList<Expression> expressions = [];
        if ((attributes.Has(Data) && !context.TryData(attributes.Bytes(Data), out value, out verdict))
            || (!value.IsEmpty && value.Length != set.DataLength)
            || (attributes.Has(SingleExpression) && !context.TrySingle(attributes.Bytes(SingleExpression), out expressions))
            || (attributes.Has(Expressions) && !context.TryList(attributes.Bytes(Expressions), out expressions)))
        {
            return false;
        }

        extra = new SetElementExtra
        {
            Data = value,
            Verdict = verdict,
            ObjectName = attributes.Has(ObjectName) ? context.Names.Get(attributes.Span(ObjectName)) : null,
            TimeoutMilliseconds = attributes.UInt64OrNull(Timeout),
            ExpirationMilliseconds = attributes.UInt64OrNull(Expiration),
            Comment = UserData.Text(attributes.Span(UserDataAttribute), UserData.Comment, context.Names),
            Expressions = expressions,
        };
        return true;
    }
}
