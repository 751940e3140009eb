namespace Portolan.Firewall.Rules.Reading;

/// <summary>Decodes a stateful object (NFTA_OBJ_*).</summary>
internal static class ObjectDecoder
{
    private const int Table = 1;
    private const int Name = 2;
    private const int Type = 3;
    private const int Data = 4;
    private const int Handle = 6;
    private const int UserDataAttribute = 8;

    /// <summary>The object, or <c>null</c>.</summary>
    internal static StatefulObject? Decode(KeptMessage message, ExpressionContext context, out string tableName)
    {
        tableName = "";
        if (!AttributeSlots.TryRead(message.Attributes, out var attributes)
            || !attributes.Has(Table)
            || !attributes.Has(Name)
            || !attributes.TryUInt32(Type, out var type))
        {
            return null;
        }

        tableName = context.Names.Get(attributes.Span(Table));
        var kind = (ObjectKind)type;
        var data = attributes.Bytes(Data);
        return new StatefulObject(context.Names.Get(attributes.Span(Name)), kind, attributes.UInt64OrZero(Handle))
        {
            // These have the attributes of the expression.
            Expression = ExpressionName(kind) is { } name ? context.Decode(name, data) : null,
            Comment = UserData.Text(attributes.Span(UserDataAttribute), UserData.Comment, context.Names),
            Data = data,
            Attributes = message.Attributes,
        };
    }

    private static string? ExpressionName(ObjectKind kind) => kind switch
    {
        ObjectKind.Counter => "counter",
        ObjectKind.Quota => "quota",
        ObjectKind.Limit => "limit",
        ObjectKind.ConnectionLimit => "connlimit",
        ObjectKind.SynProxy => "synproxy",
        _ => null,
    };
}
