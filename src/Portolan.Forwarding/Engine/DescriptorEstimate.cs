using Portolan.Linux.Relay;

namespace Portolan.Forwarding.Engine;

/// <summary>
/// Whether this process may have as many descriptors as its forwards take, one for each port that is listened on. Known before a port is
/// opened.
/// </summary>
public static class DescriptorEstimate
{
    /// <summary>More descriptors than these are not asked for.</summary>
    internal const int Most = 1 << 20;

    /// <summary>Descriptors of a thread: its set, what wakes it, and a pipe for a moment.</summary>
    internal const int OfThread = 3;

    /// <summary>One connection, counters and a name lookup must have some too.</summary>
    private const int Rest = 8;

    /// <summary>How many forwards there is room for. The limit is raised as far as this user may.</summary>
    /// <param name="threads">Threads that move data.</param>
    public static int For(int threads) =>
        Math.Max(0, RelaySocket.RaiseDescriptorLimit(Most) - RelaySocket.CountDescriptors() - (OfThread * threads) - Rest);
}
