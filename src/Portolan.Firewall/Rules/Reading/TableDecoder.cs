namespace Portolan.Firewall.Rules.Reading;

/// <summary>Decodes a table (NFTA_TABLE_*).</summary>
internal static class TableDecoder
{
    private const int Name = 1;
    private const int Flags = 2;
    private const int Handle = 4;
    private const int Data = 6;
    private const int Owner = 7;

    /// <summary>The table without its content, or <c>null</c>.</summary>
    internal static RuleTable? Decode(KeptMessage message, NamePool names)
    {
        if (!AttributeSlots.TryRead(message.Attributes, out var attributes) || !attributes.Has(Name))
        {
            return null;
        }

        return new RuleTable(message.Family, names.Get(attributes.Span(Name)), attributes.UInt64OrZero(Handle))
        {
            Flags = (TableFlags)attributes.UInt32OrZero(Flags),
            OwnerPortId = attributes.UInt32OrNull(Owner),
            Comment = UserData.Text(attributes.Span(Data), UserData.Comment, names),
            Attributes = message.Attributes,
        };
    }
}
