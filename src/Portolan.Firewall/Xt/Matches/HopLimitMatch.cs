namespace Portolan.Firewall.Xt.Matches;

/// <summary>Time to live, or hop limit (linux/netfilter_ipv4/ipt_ttl.h, linux/netfilter_ipv6/ip6t_hl.h).</summary>
/// <param name="Comparison">How it is compared.</param>
/// <param name="Value">With what.</param>
public sealed record HopLimitMatch(HopLimitComparison Comparison, byte Value) : XtMatch
{
    /// <summary>The layouts that are known.</summary>
    internal static IReadOnlyList<XtMatchKind> Kinds { get; } = [new("ttl", 0, 0, Decode), new("hl", 0, 0, Decode)];

    private static HopLimitMatch? Decode(XtPayload payload)
    {
        const int Size = 2;
        return payload.Has(Size) && payload.Byte(0) <= (byte)HopLimitComparison.Greater
            ? new HopLimitMatch((HopLimitComparison)payload.Byte(0), payload.Byte(1))
            : null;
    }
}

/// <summary>How a hop limit is compared (IPT_TTL_*).</summary>
public enum HopLimitComparison : byte
{
    /// <summary>Equal.</summary>
    Equal = 0,

    /// <summary>Not equal.</summary>
    NotEqual = 1,

    /// <summary>Less.</summary>
    Less = 2,

    /// <summary>Greater.</summary>
    Greater = 3,
}
