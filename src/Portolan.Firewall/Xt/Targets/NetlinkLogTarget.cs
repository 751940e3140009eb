namespace Portolan.Firewall.Xt.Targets;

/// <summary>Gives the packet to a program that listens, and goes on (linux/netfilter/xt_NFLOG.h).</summary>
/// <param name="Group">Group of nfnetlink_log.</param>
/// <param name="Prefix">Hostile text.</param>
/// <param name="Length">Bytes to copy, or <c>null</c>.</param>
/// <param name="Threshold">Packets to gather.</param>
public sealed record NetlinkLogTarget(ushort Group, string Prefix, uint? Length, ushort Threshold) : XtTarget
{
    /// <summary>The layouts that are known.</summary>
    internal static IReadOnlyList<XtTargetKind> Kinds { get; } = [new("NFLOG", 0, 0, Decode)];

    private static NetlinkLogTarget? Decode(XtPayload payload)
    {
        const int Size = 76;
        const ushort CopiesLength = 1; // XT_NFLOG_F_COPY_LEN
        return payload.Has(Size)
            ? new NetlinkLogTarget(
                payload.UInt16(4),
                payload.Text(12, 64),
                (payload.UInt16(8) & CopiesLength) != 0 ? payload.UInt32(0) : null,
                payload.UInt16(6))
            : null;
    }
}
