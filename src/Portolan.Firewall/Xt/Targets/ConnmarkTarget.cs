namespace Portolan.Firewall.Xt.Targets;

/// <summary>Changes the connection's mark, or takes the packet's from it, and goes on (linux/netfilter/xt_connmark.h).</summary>
/// <param name="Mode">Which way.</param>
/// <param name="ConnectionMark">The bits to set.</param>
/// <param name="ConnectionMask">Bits of the connection's mark.</param>
/// <param name="PacketMask">Bits of the packet's mark.</param>
/// <param name="LeftShift">How far left; negative to the right.</param>
public sealed record ConnmarkTarget(
    ConnmarkMode Mode,
    uint ConnectionMark,
    uint ConnectionMask,
    uint PacketMask,
    int LeftShift) : XtTarget
{
    /// <summary>The layouts that are known.</summary>
    internal static IReadOnlyList<XtTargetKind> Kinds { get; } = [new("CONNMARK", 1, 2, Decode)];

    private static ConnmarkTarget? Decode(XtPayload payload)
    {
        const int Size1 = 13;
        const int Size2 = 15;
        var hasShift = payload.Revision >= 2;
        if (!payload.Has(hasShift ? Size2 : Size1))
        {
            return null;
        }

        var mode = payload.Byte(hasShift ? 14 : 12);
        var shift = hasShift ? payload.Byte(13) : 0;
        return mode <= (byte)ConnmarkMode.Restore
            ? new ConnmarkTarget(
                (ConnmarkMode)mode,
                payload.UInt32(0),
                payload.UInt32(4),
                payload.UInt32(8),
                hasShift && payload.Byte(12) != 0 ? -shift : shift)
            : null;
    }
}

/// <summary>Which way marks go (XT_CONNMARK_*).</summary>
public enum ConnmarkMode : byte
{
    /// <summary>A constant to the connection.</summary>
    Set = 0,

    /// <summary>The packet's to the connection.</summary>
    Save = 1,

    /// <summary>The connection's to the packet.</summary>
    Restore = 2,
}
