using Portolan.Sockets;

namespace Portolan.Traffic.Counting;

/// <summary>What to count, and where from.</summary>
public sealed record TrafficOptions
{
    /// <summary>Where sockets are read.</summary>
    public required ISocketSource Sockets { get; init; }

    /// <summary>The way to count; <c>null</c> for the best that works.</summary>
    public TrafficMethod? Method { get; init; }

    /// <summary>What counts more than polling does: completes a sentence about what polling cannot count.</summary>
    public string BetterWay { get; init; } = "run with sudo";

    /// <summary>Whether to count in every network namespace, not only in the caller's.</summary>
    public bool AllNamespaces { get; init; }

    /// <summary>
    /// Reads which connections rules lead to another port than the peer dialled; <c>null</c> inside where there are none, or none can be
    /// read.
    /// </summary>
    public Func<CancellationToken, DialledDestinations?> ReadTranslated { get; init; } = static _ => null;

    /// <summary>The ports that this host gives to sockets that name none; <c>null</c> where that is not known.</summary>
    public PortRange? EphemeralPorts { get; init; }

    /// <summary>Begins to hear of connections that end; <c>null</c> for the kernel's reports.</summary>
    public Func<ClosedSocketEvents>? OpenEvents { get; init; }
}
