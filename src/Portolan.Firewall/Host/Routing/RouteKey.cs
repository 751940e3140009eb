namespace Portolan.Firewall.Host.Routing;

/// <summary>By what a route is looked up, besides the destination (<c>struct flowi</c>).</summary>
/// <param name="IsIPv4">The family.</param>
public sealed record RouteKey(bool IsIPv4)
{
    /// <summary>The packet's mark; <c>null</c> when it is unknown: a rule that tests it makes the outcome unsure.</summary>
    public uint? Mark { get; init; } = 0;

    /// <summary>The interface it arrived on; 0 for a packet of this machine's own, which rules see as arriving on <c>lo</c>.</summary>
    public int InputInterface { get; init; }

    /// <summary>The interface it must go out by (a bound socket), 0 for any.</summary>
    public int OutputInterface { get; init; }

    /// <summary>
    /// Whether routes out of other interfaces are passed over even where the kernel would only prefer those of
    /// <see cref="OutputInterface"/> (IPv6).
    /// </summary>
    public bool IsStrict { get; init; }

    /// <summary>The VRF whose routes alone count, beyond what the interfaces tell; 0 for none.</summary>
    public int Vrf { get; init; }

    /// <summary>Source addresses, which rules split; <c>null</c> before the packet has one: no rule with a source matches then.</summary>
    public IntervalSet? Sources { get; init; }

    /// <summary>Protocol and ports; <c>null</c> when they are unknown: a rule that tests them makes the outcome unsure.</summary>
    public RouteTransport? Transport { get; init; }
}

/// <summary>Protocol and ports that a route is looked up by.</summary>
/// <param name="Protocol">IP protocol number; 0 where the kernel looks up without.</param>
/// <param name="SourcePorts">Source ports; zero without.</param>
/// <param name="DestinationPorts">Destination ports.</param>
public sealed record RouteTransport(byte Protocol, IntervalSet SourcePorts, IntervalSet DestinationPorts)
{
    /// <summary>Of a look-up that has neither protocol nor ports.</summary>
    public static RouteTransport None { get; } = new(0, IntervalSet.Of(0), IntervalSet.Of(0));

    /// <summary>The same for the way back.</summary>
    public RouteTransport Reverse => new(Protocol, DestinationPorts, SourcePorts);

    /// <summary>Whether a rule's tests of protocol and ports hold; <c>null</c> where they hold for some of the ports.</summary>
    public bool? Fits(PolicyRule rule)
    {
        if (rule.Protocol is { } protocol && protocol != Protocol)
        {
            return false;
        }

        var (source, destination) = (Fits(rule.SourcePorts, SourcePorts), Fits(rule.DestinationPorts, DestinationPorts));
        return source == false || destination == false ? false : source is null ? null : destination;
    }

    private static bool? Fits(RulePorts? wanted, IntervalSet ports) => wanted is null || ports.Except(wanted.Ports).IsEmpty ? true
        : ports.Overlaps(wanted.Ports) ? null
        : false;
}
