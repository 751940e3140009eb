namespace Portolan.Transport.Ip;

/// <summary>What is known of a neighbour (RFC 4861 section 7.3.2). ARP entries have the same states.</summary>
internal enum NeighbourState : byte
{
    /// <summary>It is asked for; packets wait.</summary>
    Incomplete,

    /// <summary>It answered not long ago.</summary>
    Reachable,

    /// <summary>It answered once; it is used, and will be asked after that.</summary>
    Stale,

    /// <summary>It is used, and a higher layer may still confirm it.</summary>
    Delay,

    /// <summary>It is used, and asked whether it is still there.</summary>
    Probe,
}
