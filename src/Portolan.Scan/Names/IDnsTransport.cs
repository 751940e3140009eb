namespace Portolan.Scan.Names;

/// <summary>Carries a question to a DNS server and its answer back: sockets, or a test's own.</summary>
public interface IDnsTransport
{
    /// <summary>
    /// Sends a question and waits for what the caller accepts as its answer. What the network does is a reply, not an exception.
    /// </summary>
    /// <param name="server">Whom to ask.</param>
    /// <param name="carrier">How.</param>
    /// <param name="query">The message, without a length before it.</param>
    /// <param name="accepts">Whether bytes from that server are the answer; others are counted, and the wait goes on.</param>
    /// <param name="timeout">The longest wait.</param>
    /// <param name="cancellation">Ends the wait with an <see cref="OperationCanceledException"/>.</param>
    Task<DnsReply> AskAsync(
        DnsServer server, DnsCarrier carrier, ReadOnlyMemory<byte> query, Func<ReadOnlyMemory<byte>, bool> accepts, TimeSpan timeout,
        CancellationToken cancellation);
}

/// <summary>What came back.</summary>
/// <param name="Answer">The accepted bytes; <c>null</c> when none came in time.</param>
/// <param name="Rejected">Messages that were not accepted.</param>
/// <param name="Error">Why nothing could come, in the system's words; <c>null</c> for an answer or silence.</param>
public sealed record DnsReply(byte[]? Answer, int Rejected, string? Error)
{
    /// <summary>Whether the question left this host; else <see cref="Error"/> is about this host, not about the server.</summary>
    public bool WasSent { get; init; } = true;
}
