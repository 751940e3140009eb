using Portolan.Model;

namespace Portolan.Scan.Checking;

/// <summary>The sockets a check uses: the operating system's, or a test's.</summary>
public interface ICheckSockets
{
    /// <summary>Connects. What the network says is a result, not an exception.</summary>
    /// <param name="remote">Where to.</param>
    /// <param name="giveUp">Ends the attempt; the result is then <see cref="ConnectionOutcome.TimedOut"/>.</param>
    Task<ConnectResult> ConnectAsync(RemoteSocket remote, CancellationToken giveUp);
}

/// <summary>The far end of a connection.</summary>
/// <param name="Address">Its address.</param>
/// <param name="Scope">The interface of a link-local address, by name or number; else <c>null</c>.</param>
/// <param name="Port">Its port.</param>
public sealed record RemoteSocket(InternetAddress Address, string? Scope, PortNumber Port);

/// <summary>How a connect ended, and what is known of it.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="Stream">The connection when there is one; the caller disposes of it.</param>
public sealed record ConnectResult(ConnectionOutcome Outcome, Stream? Stream) : IDisposable
{
    /// <summary>The system's own words for the error, or <c>null</c>.</summary>
    public string? Error { get; init; }

    /// <summary>Our end and theirs, where the system told our port.</summary>
    public SocketPair? Pair { get; init; }

    /// <summary>The ICMP message that ended it.</summary>
    public IcmpRefusal? Icmp { get; init; }

    /// <summary>How often the SYN was sent again, where the system counts.</summary>
    public int? Retransmissions { get; init; }

    /// <inheritdoc/>
    public void Dispose() => Stream?.Dispose();
}
