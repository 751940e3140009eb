using Portolan.Model;
using Portolan.Scan.Checking;

namespace Portolan.Scan.Proxies;

/// <summary>A connection through proxies, or why there is none.</summary>
/// <param name="Reply">What the proxies said.</param>
/// <param name="Stream">The connection, for the caller to dispose; <c>null</c> where there is none.</param>
public readonly record struct ProxiedConnection(ProxyReply Reply, Stream? Stream);

/// <summary>The way through a chain of proxies: the first is reached from here, each next one through those before it.</summary>
/// <param name="servers">The chain, at least one.</param>
/// <param name="first">The address of the first.</param>
public sealed class ProxyRoute(IReadOnlyList<ProxyServer> servers, InternetAddress first)
{
    /// <summary>Names that the last proxy looks up.</summary>
    public ProxyNames Names { get; } = new();

    /// <summary>The chain, without credentials.</summary>
    public override string ToString() => string.Join(", ", servers);

    /// <summary>Connects. What proxies and the network say is a result, not an exception.</summary>
    /// <param name="sockets">This host's connections.</param>
    /// <param name="target">Where to; <c>null</c> to go no further than the last proxy.</param>
    /// <param name="giveUp">Ends the attempt.</param>
    public async Task<ProxiedConnection> ConnectAsync(ICheckSockets sockets, ProxyTarget? target, CancellationToken giveUp)
    {
        ArgumentNullException.ThrowIfNull(sockets);
        var opening = await sockets.ConnectAsync(new RemoteSocket(first, null, servers[0].Port), giveUp);
        if (opening.Outcome != ConnectionOutcome.Connected || opening.Stream is not { } stream)
        {
            return None(servers[0], opening.Outcome switch
            {
                ConnectionOutcome.Refused => "connection refused",
                ConnectionOutcome.TimedOut => "no answer in time",
                _ => opening.Error ?? "unreachable",
            });
        }

        var reply = await PassAsync(stream, target, giveUp);
        if (reply.Answer == ProxyAnswer.Connected)
        {
            return new ProxiedConnection(reply, stream);
        }

        await stream.DisposeAsync();
        return new ProxiedConnection(reply, null);
    }

    private async Task<ProxyReply> PassAsync(Stream stream, ProxyTarget? target, CancellationToken giveUp)
    {
        for (var i = 0; i < servers.Count; i++)
        {
            var isLast = i == servers.Count - 1;
            var next = isLast ? target : TargetOf(servers[i + 1]);
            var reply = await AskAsync(stream, servers[i], next, giveUp);
            if (reply.Answer is ProxyAnswer.NoProxy or ProxyAnswer.Useless)
            {
                return reply with { Words = $"proxy {servers[i]}: {reply.Words}" };
            }

            if (reply.Answer != ProxyAnswer.Connected)
            {
                return isLast ? reply : None(servers[i + 1], $"{servers[i]} says: {reply.Words}").Reply;
            }
        }

        return ProxyReply.Connected;
    }

    private static async Task<ProxyReply> AskAsync(Stream stream, ProxyServer proxy, ProxyTarget? target, CancellationToken giveUp)
    {
        var isAsked = false;
        try
        {
            if (proxy.Kind == ProxyKind.Socks5 && await SocksHandshake.GreetAsync(stream, proxy, giveUp) is { } refusal)
            {
                return refusal;
            }

            isAsked = true;
            return target is not { } wanted ? ProxyReply.Connected : proxy.Kind switch
            {
                ProxyKind.Socks5 => await SocksHandshake.Connect5Async(stream, wanted, giveUp),
                ProxyKind.Socks4 => await SocksHandshake.Connect4Async(stream, proxy, wanted, giveUp),
                _ => await HttpHandshake.ConnectAsync(stream, proxy, wanted, giveUp),
            };
        }
        catch (OperationCanceledException)
        {
            return isAsked
                ? new ProxyReply(ProxyAnswer.TimedOut, "no answer in time")
                : new ProxyReply(ProxyAnswer.NoProxy, "it does not answer");
        }
        catch (IOException)
        {
            // OpenSSH (ssh -D) says no by closing: why, only its own log says.
            return isAsked
                ? new ProxyReply(ProxyAnswer.Failed, "it closed the connection without a reply")
                : new ProxyReply(ProxyAnswer.NoProxy, "it closed the connection before the request");
        }
    }

    private static ProxyTarget TargetOf(ProxyServer server) => InternetAddress.TryParse(server.Host, out var address)
        ? new ProxyTarget(null, address, server.Port)
        : new ProxyTarget(server.Host, default, server.Port);

    private static ProxiedConnection None(ProxyServer server, string why) =>
        new(new ProxyReply(ProxyAnswer.NoProxy, $"proxy {server} is unreachable: {why}"), null);
}
