namespace Portolan.Firewall.Host.Routing;

/// <summary>Packets that routing treats alike when they come in: every combination of the sources and destinations.</summary>
/// <param name="Sources">Source addresses.</param>
/// <param name="Destinations">Destination addresses.</param>
/// <param name="Fate">What routing does.</param>
/// <param name="Route">The route to the destination; <c>null</c> where none was looked up.</param>
public sealed record InputPiece(IntervalSet Sources, IntervalSet Destinations, InputFate Fate, RouteOutcome? Route)
{
    /// <summary>Why this is not sure, of either lookup, or <c>null</c>.</summary>
    public string? Doubt { get; init; }

    /// <summary>The interfaces they arrive on.</summary>
    public required IntervalSet Interfaces { get; init; }

    /// <summary>Which sources and interfaces go together, where that is not every combination; <c>null</c> where it is.</summary>
    public InterfacePairing? Pairing { get; init; }

    /// <summary>Whether those are meant that the pairing does not pair.</summary>
    public bool IsUnpaired { get; init; }

    /// <summary>The same without a pairing.</summary>
    public IEnumerable<InputPiece> Apart()
    {
        if (Pairing is null)
        {
            yield return this;
            yield break;
        }

        var rest = Sources;
        foreach (var (senders, interfaces) in Pairing.Pairs)
        {
            var sources = Sources.Intersect(senders);
            var both = IsUnpaired ? Interfaces.Except(interfaces) : Interfaces.Intersect(interfaces);
            rest = IsUnpaired ? rest.Except(senders) : rest;
            if (!sources.IsEmpty && !both.IsEmpty)
            {
                yield return this with { Sources = sources, Interfaces = both, Pairing = null, IsUnpaired = false };
            }
        }

        if (IsUnpaired && !rest.IsEmpty)
        {
            yield return this with { Sources = rest, Pairing = null, IsUnpaired = false };
        }
    }
}

/// <summary>What routing does with a packet that comes in (ip_route_input_slow, ip6_route_input).</summary>
public enum InputFate
{
    /// <summary>Delivered here: to an own address.</summary>
    Local,

    /// <summary>Delivered here: to a broadcast or multicast address.</summary>
    Group,

    /// <summary>Sent on, by the interfaces of the route.</summary>
    Forward,

    /// <summary>
    /// Dropped: an address that cannot be on a network, such as a loopback source, or one of our own as the source ("martian").
    /// </summary>
    Martian,

    /// <summary>Dropped: the way back to the source is another one (rp_filter).</summary>
    ReversePath,

    /// <summary>No route to the destination, or one that says unreachable, prohibit or blackhole.</summary>
    NoRoute,

    /// <summary>To another machine, and forwarding is off on the interface it arrived on.</summary>
    NotForwarding,

    /// <summary>IPv6 is off on the interface it arrived on.</summary>
    NoIPv6,
}
