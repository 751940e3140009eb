namespace Portolan.Firewall.Xt.Targets;

/// <summary>Adds the packet to a set of ipset or deletes it, and goes on (SET, linux/netfilter/xt_set.h).</summary>
/// <param name="Add">The set it is added to.</param>
/// <param name="Delete">The set it is deleted from.</param>
/// <param name="Map">The set that gives marks, or <c>null</c>.</param>
/// <param name="Flags">IPSET_FLAG_*.</param>
/// <param name="TimeoutSeconds">Timeout of the element, or <c>null</c> for the set's.</param>
public sealed record SetTarget(
    SetReference Add,
    SetReference Delete,
    SetReference? Map,
    uint Flags,
    uint? TimeoutSeconds) : XtTarget
{
    /// <summary>The layouts that are known.</summary>
    internal static IReadOnlyList<XtTargetKind> Kinds { get; } = [new("SET", 1, 3, Decode)];

    private static SetTarget? Decode(XtPayload payload)
    {
        const int Size1 = 8;
        const int Size2 = 16;
        const int Size3 = 20;
        const uint NoTimeout = uint.MaxValue;
        var size = payload.Revision switch { 1 => Size1, 2 => Size2, _ => Size3 };
        if (!payload.Has(size))
        {
            return null;
        }

        var hasMap = payload.Revision >= 3;
        var flags = payload.Revision >= 2 ? payload.UInt32(hasMap ? 12 : 8) : 0;
        var timeout = payload.Revision >= 2 ? payload.UInt32(hasMap ? 16 : 12) : NoTimeout;
        return new SetTarget(
            SetReference.Read(payload, 0),
            SetReference.Read(payload, SetReference.Size),
            hasMap ? SetReference.Read(payload, 2 * SetReference.Size) : null,
            flags,
            timeout == NoTimeout ? null : timeout);
    }
}
