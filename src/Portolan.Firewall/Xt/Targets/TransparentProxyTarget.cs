namespace Portolan.Firewall.Xt.Targets;

/// <summary>
/// Gives the packet to a local socket without changing it, and marks it; without a socket drops it (linux/netfilter/xt_TPROXY.h).
/// </summary>
/// <param name="Address">The socket's address; unspecified for the first one of the interface.</param>
/// <param name="Port">The socket's port; 0 for the packet's.</param>
/// <param name="Mark">The bits of the mark.</param>
/// <param name="Mask">Those that are cleared first.</param>
public sealed record TransparentProxyTarget(InternetAddress Address, ushort Port, uint Mark, uint Mask) : XtTarget
{
    /// <summary>The layouts that are known.</summary>
    internal static IReadOnlyList<XtTargetKind> Kinds { get; } = [new("TPROXY", 0, 1, Decode)];

    private static TransparentProxyTarget? Decode(XtPayload payload)
    {
        // Revision 0 has room for an address of IPv4 alone.
        var isOld = payload.Revision == 0;
        var portOffset = isOld ? 12 : 24;
        return payload.Has(portOffset + 2) && !(isOld && payload.Family == Rules.RuleFamily.Ip6)
            ? new TransparentProxyTarget(payload.Address(8), payload.BigEndian16(portOffset), payload.UInt32(4), payload.UInt32(0))
            : null;
    }
}
