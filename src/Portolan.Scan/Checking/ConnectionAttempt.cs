using Portolan.Model;

namespace Portolan.Scan.Checking;

/// <summary>How a connect ended, and what is known of it.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="Stream">The connection when there is one; the caller disposes of it.</param>
public sealed record ConnectionAttempt(ConnectionOutcome Outcome, Stream? Stream) : IDisposable
{
    /// <summary>The system's own words for the error, or <c>null</c>.</summary>
    public string? Error { get; init; }

    /// <summary>Our end and theirs, where the system told our port.</summary>
    public SocketPair? Pair { get; init; }

    /// <summary>The ICMP message that ended it.</summary>
    public IcmpRefusal? Icmp { get; init; }

    /// <summary>The socket was given the target's own port and met itself: nothing listens there.</summary>
    public bool MetItself { get; init; }

    /// <summary>What the system counted.</summary>
    public TcpFacts? Tcp { get; init; }

    /// <inheritdoc/>
    public void Dispose() => Stream?.Dispose();
}
