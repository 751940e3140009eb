using System.Globalization;
using Portolan.Model;
using Portolan.Scan.Names;

namespace Portolan.Scan.Checking;

/// <summary>Carries questions over a check's sockets, and keeps what each one's socket knew.</summary>
/// <param name="sockets">The sockets.</param>
/// <param name="scope">The interface of a link-local server by name, or <c>null</c>.</param>
/// <param name="time">The clock.</param>
internal sealed class CheckDnsTransport(ICheckSockets sockets, string? scope, TimeProvider time) : IDnsTransport
{
    /// <summary>What is known of each question's socket, in the order in which they were asked.</summary>
    public List<(SocketPair? Pair, DatagramOutcome? Exchange, IcmpRefusal? Icmp)> Calls { get; } = [];

    /// <inheritdoc/>
    public async Task<DnsReply> AskAsync(
        DnsServer server, DnsCarrier carrier, ReadOnlyMemory<byte> query, Func<ReadOnlyMemory<byte>, bool> accepts, TimeSpan timeout,
        CancellationToken cancellation)
    {
        var remote = new RemoteSocket(
            server.Address, server.ScopeId == 0 ? scope : server.ScopeId.ToString(CultureInfo.InvariantCulture), server.Port);
        using var limit = new StepLimit(timeout, time, cancellation);
        var reply = carrier == DnsCarrier.Udp
            ? await AskUdpAsync(remote, query, accepts, limit.Token)
            : await AskTcpAsync(remote, query, accepts, limit.Token);
        cancellation.ThrowIfCancellationRequested();
        return reply;
    }

    private async Task<DnsReply> AskUdpAsync(
        RemoteSocket remote, ReadOnlyMemory<byte> query, Func<ReadOnlyMemory<byte>, bool> accepts, CancellationToken giveUp)
    {
        var result = await sockets.ExchangeAsync(remote, [query], Timeout.InfiniteTimeSpan, accepts, giveUp);
        Calls.Add((result.Pair, result.Outcome, result.Icmp));
        return result.Outcome == DatagramOutcome.Replied
            ? new DnsReply(result.Reply.ToArray(), result.Rejected, Error: null)
            : new DnsReply(Answer: null, result.Rejected, result.Error);
    }

    private async Task<DnsReply> AskTcpAsync(
        RemoteSocket remote, ReadOnlyMemory<byte> query, Func<ReadOnlyMemory<byte>, bool> accepts, CancellationToken giveUp)
    {
        using var result = await sockets.ConnectAsync(remote, giveUp);
        Calls.Add((result.Pair, null, result.Icmp));
        if (result.Stream is not { } stream)
        {
            return new DnsReply(Answer: null, 0, giveUp.IsCancellationRequested ? null : ConnectWords.Summary(result, TimeSpan.Zero));
        }

        try
        {
            return await DnsStream.AskAsync(stream, query, accepts, giveUp);
        }
        catch (OperationCanceledException)
        {
            return new DnsReply(Answer: null, 0, Error: null);
        }
        catch (IOException exception)
        {
            return new DnsReply(Answer: null, 0, exception.Message);
        }
    }
}
