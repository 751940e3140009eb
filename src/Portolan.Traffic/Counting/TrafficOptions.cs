using Portolan.Sockets;

namespace Portolan.Traffic.Counting;

/// <summary>What to count, and where from.</summary>
public sealed record TrafficOptions
{
    /// <summary>Where sockets are read.</summary>
    public required ISocketSource Sockets { get; init; }

    /// <summary>The way to count; <c>null</c> for the best that works.</summary>
    public TrafficMethod? Method { get; init; }

    /// <summary>Whether to count in every network namespace, not only in the caller's.</summary>
    public bool AllNamespaces { get; init; }

    /// <summary>The port that peers dialled to reach a socket in another namespace; <c>null</c> where it is no published one.</summary>
    public PublishedLookup? Published { get; init; }

    /// <summary>The ports that this host gives to sockets that name none; <c>null</c> where that is not known.</summary>
    public PortRange? EphemeralPorts { get; init; }

    /// <summary>Begins to hear of connections that end; <c>null</c> for the kernel's reports.</summary>
    public Func<ClosedSocketEvents>? OpenEvents { get; init; }
}

/// <summary>The port of this host that leads to a socket of another namespace, or <c>null</c>.</summary>
/// <param name="protocol">The protocol.</param>
/// <param name="address">The socket's local address.</param>
/// <param name="port">Its local port.</param>
public delegate PortNumber? PublishedLookup(TransportProtocol protocol, InternetAddress address, ushort port);
