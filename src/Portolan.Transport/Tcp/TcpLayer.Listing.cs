using Portolan.Model;
using Portolan.Transport.Demultiplexing;
using Portolan.Transport.Tcp.Tables;

namespace Portolan.Transport.Tcp;

// All socket pairs, for those who list them.
internal sealed partial class TcpLayer
{
    /// <summary>Connections, half-open ones and what rests in TIME-WAIT, in no order.</summary>
    internal IEnumerable<StackSocket> Pairs()
    {
        foreach (var connection in _connections)
        {
            if (connection is not null)
            {
                yield return new StackSocket(
                    TransportProtocol.Tcp, connection.State, connection.Local, connection.LocalPort, connection.Remote, connection.RemotePort);
            }
        }

        foreach (var pair in _halfOpen.Keys())
        {
            yield return new StackSocket(TransportProtocol.Tcp, TcpState.SynReceived, pair.Local.Unmap(), pair.LocalPort, pair.Remote.Unmap(), pair.RemotePort);
        }

        foreach (var pair in _resting.Keys())
        {
            yield return new StackSocket(TransportProtocol.Tcp, TcpState.TimeWait, pair.Local.Unmap(), pair.LocalPort, pair.Remote.Unmap(), pair.RemotePort);
        }
    }

    /// <summary>Whether there is a connection of a pair, half open or whole.</summary>
    /// <param name="local">This host's address, of no link's own.</param>
    /// <param name="localPort">Its port.</param>
    /// <param name="remote">The peer's address.</param>
    /// <param name="remotePort">Its port.</param>
    /// <param name="withResting">Whether one in TIME-WAIT counts.</param>
    internal bool HasPair(InternetAddress local, PortNumber localPort, InternetAddress remote, PortNumber remotePort, bool withResting)
    {
        var key = PairTable<RestingConnection>.Key(local, localPort, remote, remotePort, 0);
        return _flows.Find(local, localPort, remote, remotePort, 0, out _, out _) == DemultiplexerMatch.Flow
            || _halfOpen.Find(key) >= 0
            || (withResting && _resting.Find(key) >= 0);
    }
}
