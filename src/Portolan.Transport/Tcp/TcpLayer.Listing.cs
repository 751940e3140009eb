using Portolan.Model;

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
}
