namespace Portolan.Firewall.Judging.Fields;

/// <summary>What an open field may be before any rule looked.</summary>
internal static class OpenFields
{
    /// <summary>Every number a packet may have in the field.</summary>
    public static IntervalSet All(PacketField field, bool isIPv4) => field switch
    {
        // No fragments: no offset, no more to come; "do not fragment" as the sender likes.
        PacketField.Fragmentation => IntervalSet.Of(0).Union(IntervalSet.Of(0x4000)),
        PacketField.HopLimit => IntervalSet.Of(1, byte.MaxValue),
        _ => IntervalSet.All(PacketFields.Width(field, isIPv4)),
    };
}
