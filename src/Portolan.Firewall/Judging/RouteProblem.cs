namespace Portolan.Firewall.Judging;

/// <summary>What a route does with packets instead of delivering them.</summary>
public enum RouteProblem
{
    /// <summary>There is no route to the destination.</summary>
    NoRoute,

    /// <summary>The route drops them in silence (RTN_BLACKHOLE).</summary>
    Blackhole,

    /// <summary>The route says unreachable (RTN_UNREACHABLE).</summary>
    Unreachable,

    /// <summary>The route says prohibited (RTN_PROHIBIT).</summary>
    Prohibited,

    /// <summary>The kernel accepts no such sender or destination (fib_validate_source, ip6_rcv).</summary>
    Martian,

    /// <summary>The route back to the sender is by another interface (rp_filter).</summary>
    ReversePath,

    /// <summary>They are for another machine, and this one does not forward what arrives there.</summary>
    ForwardingOff,

    /// <summary>IPv6 is off on the interface that they arrive on.</summary>
    IPv6Off,

    /// <summary>They came in a frame to several hosts, which the kernel does not forward.</summary>
    LinkMulticast,

    /// <summary>The route uses lo, where the kernel discards what no route of the table "local" takes.</summary>
    Loopback,

    /// <summary>Which route they take is not known, and this one leads nowhere.</summary>
    Doubtful,
}

/// <summary>Words for problems of routes.</summary>
public static class RouteProblems
{
    /// <summary>The problem as a sentence without its end.</summary>
    public static string ToText(this RouteProblem problem) => problem switch
    {
        RouteProblem.NoRoute => "no route to the destination",
        RouteProblem.Blackhole => "the route to the destination is of type blackhole",
        RouteProblem.Unreachable => "the route to the destination is of type unreachable",
        RouteProblem.Prohibited => "the route to the destination is of type prohibit",
        RouteProblem.Martian => "the kernel rejects the source or destination address as invalid on this interface (martian)",
        RouteProblem.ReversePath => "the reverse path uses another interface (rp_filter)",
        RouteProblem.ForwardingOff => "it is for another machine, and forwarding is off",
        RouteProblem.IPv6Off => "IPv6 is off on the interface it arrives on",
        RouteProblem.Loopback => "the route to the destination uses lo, but the address is not one of this machine",
        RouteProblem.LinkMulticast => "it arrived in a multicast or broadcast frame: the kernel neither forwards it nor accepts a "
            + "connection with it",
        _ => "the route is uncertain",
    };
}
