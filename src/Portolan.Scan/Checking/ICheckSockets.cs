using Portolan.Model;

namespace Portolan.Scan.Checking;

/// <summary>The sockets a check uses: the operating system's, or a test's.</summary>
public interface ICheckSockets
{
    /// <summary>Connects. What the network says is a result, not an exception.</summary>
    /// <param name="remote">Where to.</param>
    /// <param name="giveUp">Ends the attempt; the result is then <see cref="ConnectionOutcome.TimedOut"/>.</param>
    Task<ConnectionAttempt> ConnectAsync(RemoteSocket remote, CancellationToken giveUp);

    /// <summary>
    /// Sends datagrams from one socket until one is answered or refused. What the network says is a result, not an exception.
    /// </summary>
    /// <param name="remote">Where to.</param>
    /// <param name="datagrams">What is sent, one after the other.</param>
    /// <param name="interval">The wait after each but the last.</param>
    /// <param name="accepts">Whether a datagram from there is an answer; others are counted, and the wait goes on.</param>
    /// <param name="giveUp">Ends the wait; the result is then <see cref="DatagramOutcome.Silent"/>.</param>
    Task<DatagramResult> ExchangeAsync(
        RemoteSocket remote, IReadOnlyList<ReadOnlyMemory<byte>> datagrams, TimeSpan interval, Func<ReadOnlyMemory<byte>, bool> accepts,
        CancellationToken giveUp);

    /// <summary>The same where the answer may come from another port of the host, as TFTP's does (RFC 1350 section 4).</summary>
    Task<DatagramResult> ExchangeWithHostAsync(
        RemoteSocket remote, IReadOnlyList<ReadOnlyMemory<byte>> datagrams, TimeSpan interval, Func<ReadOnlyMemory<byte>, bool> accepts,
        CancellationToken giveUp) =>
        ExchangeAsync(remote, datagrams, interval, accepts, giveUp);
}

/// <summary>The far end of a connection.</summary>
/// <param name="Address">Its address.</param>
/// <param name="Scope">The interface of a link-local address, by name or number; else <c>null</c>.</param>
/// <param name="Port">Its port.</param>
public sealed record RemoteSocket(InternetAddress Address, string? Scope, PortNumber Port);
