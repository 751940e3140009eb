namespace Portolan.Firewall.Xt.Targets;

/// <summary>Changes TTL or hop limit, and goes on (linux/netfilter_ipv4/ipt_TTL.h, linux/netfilter_ipv6/ip6t_HL.h).</summary>
/// <param name="Change">How.</param>
/// <param name="Value">To what, or by how much.</param>
public sealed record HopLimitTarget(HopLimitChange Change, byte Value) : XtTarget
{
    /// <summary>The layouts that are known.</summary>
    internal static IReadOnlyList<XtTargetKind> Kinds { get; } = [new("TTL", 0, 0, Decode), new("HL", 0, 0, Decode)];

    private static HopLimitTarget? Decode(XtPayload payload)
    {
        const int Size = 2;
        return payload.Has(Size) && payload.Byte(0) <= (byte)HopLimitChange.Decrease
            ? new HopLimitTarget((HopLimitChange)payload.Byte(0), payload.Byte(1))
            : null;
    }
}

/// <summary>How a hop limit is changed (IPT_TTL_SET, IPT_TTL_INC, IPT_TTL_DEC).</summary>
public enum HopLimitChange : byte
{
    /// <summary>It is set.</summary>
    Set = 0,

    /// <summary>It is increased.</summary>
    Increase = 1,

    /// <summary>It is decreased.</summary>
    Decrease = 2,
}
