namespace Portolan.Tests.Scan.Simulation;

/// <summary>What a simulated host does with a probe to a port.</summary>
internal enum PortBehaviour
{
    /// <summary>RST, or port unreachable.</summary>
    Closed,

    /// <summary>SYN-ACK, repeated after 1, 3 and 7 seconds while it is not answered; a datagram.</summary>
    Open,

    /// <summary>Nothing.</summary>
    Dropped,

    /// <summary>An ICMP error of the host's code.</summary>
    Rejected,

    /// <summary>A SYN-ACK without options and with window 0.</summary>
    Proxied,

    /// <summary>A SYN of its own instead of a SYN-ACK.</summary>
    SplitHandshake,
}
