using Portolan.Firewall.Connections;
using Portolan.Linux;
using Portolan.Linux.Netlink;
using Portolan.Sockets;

namespace Portolan.Reachability.Cutting;

/// <summary>Tells connection tracking of the TCP connections that this machine's sockets have.</summary>
/// <remarks>
/// Where nothing was tracked before, the next segment of a connection that exists would count as the first of a new one
/// (nf_conntrack_tcp_loose), and a rule would drop it: a change would cut the very session that makes it.
/// </remarks>
public static class ConnectionMemory
{
    private const uint States = (1u << (int)SocketState.Established) | (1u << (int)SocketState.CloseWait)
        | (1u << (int)SocketState.FinWait1)
        | (1u << (int)SocketState.FinWait2) | (1u << (int)SocketState.Closing) | (1u << (int)SocketState.LastAck)
        | (1u << (int)SocketState.Listen);

    /// <summary>Reports all that are not tracked yet.</summary>
    /// <param name="sockets">The sockets of this namespace.</param>
    /// <param name="open">Opens channels to the kernel.</param>
    /// <param name="cancellationToken">Stops between two connections.</param>
    /// <returns>0, or the error number with which the kernel refuses; then connections that exist may be taken for new ones.</returns>
    public static int Tell(ISocketSource sockets, Func<NetlinkFamily, INetlinkChannel> open, CancellationToken cancellationToken)
    {
        var table = sockets.Read(
            new SocketQuery { Protocols = SocketProtocols.Tcp | SocketProtocols.Mptcp, States = States }, cancellationToken).Sockets;
        var listening = new HashSet<ushort>();
        for (var index = 0; index < table.Count; index++)
        {
            if (table[index].State == SocketState.Listen)
            {
                listening.Add(table[index].LocalPort);
            }
        }

        using var channel = open(NetlinkFamily.Netfilter);
        var tracker = new ConnectionTracker(channel);
        for (var index = 0; index < table.Count; index++)
        {
            ref readonly var entry = ref table[index];
            var (local, remote) = (entry.LocalAddress.Unmap(), entry.RemoteAddress.Unmap());
            if (entry.State == SocketState.Listen || remote.IsLoopback || local.IsIPv4 != remote.IsIPv4)
            {
                continue;
            }

            var errno = listening.Contains(entry.LocalPort)
                ? tracker.Remember(remote, entry.RemotePort, local, entry.LocalPort, cancellationToken)
                : tracker.Remember(local, entry.LocalPort, remote, entry.RemotePort, cancellationToken);
            if (errno is not 0 and not Errno.Exists)
            {
                return errno;
            }
        }

        return 0;
    }
}
