namespace Portolan.Firewall.Rules.Reading;

/// <summary>Decodes a flowtable (NFTA_FLOWTABLE_*).</summary>
internal static class FlowtableDecoder
{
    private const int Table = 1;
    private const int Name = 2;
    private const int Hook = 3;
    private const int Handle = 5;
    private const int Flags = 7;
    private const int HookPriority = 2;
    private const int HookDevices = 3;

    /// <summary>The flowtable, or <c>null</c>.</summary>
    internal static Flowtable? Decode(KeptMessage message, NamePool names, out string tableName)
    {
        tableName = "";
        if (!AttributeSlots.TryRead(message.Attributes, out var attributes)
            || !attributes.Has(Table)
            || !attributes.Has(Name)
            || !AttributeSlots.TryRead(attributes.Bytes(Hook), out var hook))
        {
            return null;
        }

        tableName = names.Get(attributes.Span(Table));
        return new Flowtable(
            names.Get(attributes.Span(Name)),
            attributes.UInt64OrZero(Handle),
            (int)hook.UInt32OrZero(HookPriority),
            DeviceNames.Read(hook.Bytes(HookDevices), names),
            attributes.UInt32OrZero(Flags))
        {
            Attributes = message.Attributes,
        };
    }
}
