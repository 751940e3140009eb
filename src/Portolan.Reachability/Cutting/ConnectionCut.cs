namespace Portolan.Reachability.Cutting;

/// <summary>Connections that were ended because rules would not let them in any more.</summary>
/// <param name="Ended">Those that were ended, each once.</param>
/// <param name="Kept">How many were left because they may be the caller's own.</param>
/// <param name="Problems">What did not work, as sentences without a full stop.</param>
public sealed record ConnectionCut(IReadOnlyList<EndedConnection> Ended, int Kept, IReadOnlyList<string> Problems)
{
    /// <summary>How many were those of this machine's sockets.</summary>
    public int Sockets => Ended.Count(e => e.IsSocket);

    /// <summary>How many were only tracked: they pass through, or to a socket with another port or address.</summary>
    public int Tracked => Ended.Count(e => !e.IsSocket);
}

/// <summary>A connection of a client whom new rules keep out: reset, or no longer tracked.</summary>
/// <param name="Protocol">Its protocol.</param>
/// <param name="Remote">Who made it.</param>
/// <param name="RemotePort">From which port.</param>
/// <param name="Local">To which address.</param>
/// <param name="LocalPort">To which port.</param>
/// <param name="IsSocket">Whether a socket of this machine was ended, with a reset; else the kernel forgot the connection, and its next
/// packet meets the rules.</param>
public sealed record EndedConnection(
    TransportProtocol Protocol, InternetAddress Remote, ushort RemotePort, InternetAddress Local, ushort LocalPort, bool IsSocket)
{
    /// <summary>Whether both are one connection.</summary>
    public bool IsSameAs(EndedConnection other) => this == other with { IsSocket = IsSocket };
}
