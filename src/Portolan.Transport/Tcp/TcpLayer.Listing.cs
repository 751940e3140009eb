using Portolan.Model;
using Portolan.Transport.Demultiplexing;

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
                    TransportProtocol.Tcp, connection.State, connection.Local, connection.LocalPort, connection.Remote,
                    connection.RemotePort);
            }
        }

        foreach (var pair in _halfOpen.Pairs())
        {
            yield return new StackSocket(
                TransportProtocol.Tcp, TcpState.SynReceived, pair.Local, pair.LocalPort, pair.Remote, pair.RemotePort);
        }

        foreach (var pair in _resting.Pairs())
        {
            yield return new StackSocket(
                TransportProtocol.Tcp, TcpState.TimeWait, pair.Local, pair.LocalPort, pair.Remote, pair.RemotePort);
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
        var ends = new FlowEnds(local, localPort, remote, remotePort, 0);
        return _flows.HasFlow(ends) || _halfOpen.Find(ends) >= 0 || (withResting && _resting.Find(ends) >= 0);
    }
}
