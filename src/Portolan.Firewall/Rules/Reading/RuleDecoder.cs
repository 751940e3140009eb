namespace Portolan.Firewall.Rules.Reading;

/// <summary>Decodes a rule (NFTA_RULE_*).</summary>
internal static class RuleDecoder
{
    private const int Table = 1;
    private const int Chain = 2;
    private const int Handle = 3;
    private const int Expressions = 4;
    private const int Data = 7;

    /// <summary>The rule, or <c>null</c>.</summary>
    internal static Rule? Decode(KeptMessage message, ExpressionContext context, out string tableName, out string chainName)
    {
        tableName = chainName = "";
        context.Family = message.Family;
        if (!AttributeSlots.TryRead(message.Attributes, out var attributes)
            || !attributes.Has(Table)
            || !attributes.Has(Chain)
            || !context.TryList(attributes.Bytes(Expressions), out var expressions))
        {
            return null;
        }

        tableName = context.Names.Get(attributes.Span(Table));
        chainName = context.Names.Get(attributes.Span(Chain));
        return new Rule(attributes.UInt64OrZero(Handle), expressions)
        {
            Comment = UserData.Text(attributes.Span(Data), UserData.Comment, context.Names),
            Attributes = message.Attributes,
        };
    }
}
