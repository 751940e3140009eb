namespace Portolan.Firewall.Xt.Matches;

/// <summary>State of the packet's connection (linux/netfilter/xt_state.h).</summary>
/// <param name="States">Any of these matches.</param>
public sealed record StateMatch(ConnectionStates States) : XtMatch
{
    private const uint Untracked = 1 << 6; // XT_STATE_UNTRACKED, which is another bit than that of conntrack

    /// <summary>The layouts that are known.</summary>
    internal static IReadOnlyList<XtMatchKind> Kinds { get; } = [new("state", 0, 0, Decode)];

    private static StateMatch? Decode(XtPayload payload)
    {
        const int Size = 4;
        if (!payload.Has(Size))
        {
            return null;
        }

        var mask = payload.UInt32(0);
        var states = (ConnectionStates)(mask & ~Untracked);
        return new StateMatch((mask & Untracked) != 0 ? states | ConnectionStates.Untracked : states);
    }
}
