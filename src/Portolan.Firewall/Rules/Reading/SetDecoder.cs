namespace Portolan.Firewall.Rules.Reading;

/// <summary>Decodes a set or map (NFTA_SET_*).</summary>
internal static class SetDecoder
{
    /// <summary>NFTA_SET_TABLE.</summary>
    internal const int Table = 1;

    /// <summary>NFTA_SET_NAME.</summary>
    internal const int Name = 2;

    private const int Flags = 3;
    private const int KeyType = 4;
    private const int KeyLength = 5;
    private const int DataType = 6;
    private const int DataLength = 7;
    private const int Description = 9;
    private const int Timeout = 11;
    private const int Data = 13;
    private const int ObjectType = 15;
    private const int Handle = 16;
    private const int SingleExpression = 17;
    private const int Expressions = 18;
    private const int DescriptionSize = 1;
    private const int DescriptionConcat = 2;
    private const int FieldLength = 1;

    /// <summary>Whether the message names its set and table.</summary>
    internal static bool HasNames(in AttributeSlots attributes) => attributes.Has(Table) && attributes.Has(Name);

    /// <summary>The set with its elements, or <c>null</c>.</summary>
    internal static ElementSet? Decode(
        KeptMessage message, List<KeptMessage> elements, bool isComplete, ExpressionContext context, out string tableName)
    {
        tableName = "";
        if (!AttributeSlots.TryRead(message.Attributes, out var attributes)
            || !HasNames(in attributes)
            || !attributes.TryLength(KeyLength, out var keyLength)
            || !TryExpressions(in attributes, context, out var expressions))
        {
            return null;
        }

        var fields = new List<int>();
        uint? size = null;
        if (attributes.Has(Description) && AttributeSlots.TryRead(attributes.Bytes(Description), out var description))
        {
            size = description.UInt32OrNull(DescriptionSize);
            if (!TryFields(description.Bytes(DescriptionConcat), fields))
            {
                return null;
            }
        }

        tableName = context.Names.Get(attributes.Span(Table));
        attributes.TryLength(DataLength, out var dataLength);
        var set = new ElementSet(
            context.Names.Get(attributes.Span(Name)), attributes.UInt64OrZero(Handle), (SetFlags)attributes.UInt32OrZero(Flags),
            attributes.UInt32OrZero(KeyType), keyLength)
        {
            DataType = attributes.UInt32OrZero(DataType),
            DataLength = dataLength,
            Fields = fields,
            ObjectKind = (ObjectKind)attributes.UInt32OrZero(ObjectType),
            TimeoutMilliseconds = attributes.UInt64OrNull(Timeout),
            Size = size,
            Comment = UserData.Text(attributes.Span(Data), UserData.SetComment, context.Names),
            Expressions = expressions,
            Attributes = message.Attributes,
        };
        var areUnderstood = SetElementDecoder.TryDecode(elements, set, context, out var decoded);
        return set with
        {
            Elements = decoded,
            ElementMessages = Messages(elements),
            IsPartial = !isComplete || !areUnderstood,
        };
    }

    private static bool TryExpressions(in AttributeSlots attributes, ExpressionContext context, out IReadOnlyList<Expression> expressions)
    {
        expressions = [];
        return (!attributes.Has(SingleExpression) || context.TrySingle(attributes.Bytes(SingleExpression), out expressions))
            && (!attributes.Has(Expressions) || context.TryList(attributes.Bytes(Expressions), out expressions));
    }

    private static bool TryFields(ReadOnlyMemory<byte> list, List<int> fields)
    {
        var walk = new AttributeWalk(list);
        while (walk.MoveNext())
        {
            if (!AttributeSlots.TryRead(walk.Value, out var field) || !field.TryLength(FieldLength, out var length))
            {
                return false;
            }

            fields.Add(length);
        }

        return !walk.IsMalformed;
    }

    private static ReadOnlyMemory<byte>[] Messages(List<KeptMessage> messages)
    {
        var attributes = new ReadOnlyMemory<byte>[messages.Count];
        for (var index = 0; index < attributes.Length; index++)
        {
            attributes[index] = messages[index].Attributes;
        }

        return attributes;
    }
}
