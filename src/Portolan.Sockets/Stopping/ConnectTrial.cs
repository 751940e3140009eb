using System.Net;
using System.Net.Sockets;

namespace Portolan.Sockets.Stopping;

/// <summary>
/// Tries whether something answers on a TCP port of this host: a rule may lead a connection where no socket of this host is.
/// </summary>
public static class ConnectTrial
{
    private const int MostAddresses = 16;

    /// <summary>Which of these addresses of this host accept a connection. No packet leaves the host.</summary>
    /// <param name="port">The port.</param>
    /// <param name="addresses">Addresses of this host; link-local ones are left out.</param>
    /// <param name="patience">How long all of them together may take: where rules drop the packets no host answers.</param>
    public static IReadOnlyList<IPEndPoint> Answering(PortNumber port, IEnumerable<InternetAddress> addresses, TimeSpan patience)
    {
        var ends = new[] { IPAddress.Loopback, IPAddress.IPv6Loopback }.Concat(addresses.Select(static a => a.ToIPAddress()))
            .Where(static a => !a.IsIPv6LinkLocal && !a.IsIPv6Multicast).Distinct().Take(MostAddresses)
            .Select(a => new IPEndPoint(a, port.Value)).ToList();
        using var limit = new CancellationTokenSource(patience);
        var tries = ends.ConvertAll(end => IsAnsweredAsync(end, limit.Token));
        Task.WaitAll(tries, CancellationToken.None);
        return [.. ends.Where((_, i) => tries[i].Result)];
    }

    private static async Task<bool> IsAnsweredAsync(IPEndPoint end, CancellationToken cancellationToken)
    {
        try
        {
            using var socket = new Socket(end.AddressFamily, SocketType.Stream, ProtocolType.Tcp);

            // The first port of a client may be the very one that is tried: then it would meet itself.
            await socket.ConnectAsync(end, cancellationToken).ConfigureAwait(false);
            return !end.Equals(socket.LocalEndPoint);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            return false;
        }
    }
}
