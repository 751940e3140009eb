using Portolan.Model;
using Portolan.Transport.Demultiplexing;

namespace Portolan.Transport.Tcp;

// What must hold of a layer whenever it has settled. Simulations ask after every event.
internal sealed partial class TcpLayer
{
    /// <summary>The connections by their numbers; unused numbers are <c>null</c>.</summary>
    internal IReadOnlyList<TcpConnection?> Connections => _connections;

    /// <summary>Names the first invariant that does not hold; <c>null</c> when all do.</summary>
    internal string? FindFault()
    {
        var count = 0;
        foreach (var connection in _connections)
        {
            if (connection is null)
            {
                continue;
            }

            count++;
            if ((connection.Core.FindFault() ?? FindFaultOfPlace(connection)) is { } fault)
            {
                return $"{connection.Local}:{connection.LocalPort} to {connection.Remote}:{connection.RemotePort}: {fault}";
            }
        }

        return count == ConnectionCount ? null : $"{ConnectionCount} pairs of {count} connections";
    }

    /// <summary>Whether a pair is a connection's, half-open, or in TIME-WAIT.</summary>
    internal bool Knows(InternetAddress local, PortNumber localPort, InternetAddress remote, PortNumber remotePort, int interfaceNumber)
    {
        var ends = new FlowEnds(local, localPort, remote, remotePort, interfaceNumber);
        return _flows.HasFlow(ends) || _halfOpen.Find(ends) >= 0 || _resting.Find(ends) >= 0;
    }

    /// <summary>Whether a pair is a connection's.</summary>
    internal bool HasConnection(
        InternetAddress local, PortNumber localPort, InternetAddress remote, PortNumber remotePort, int interfaceNumber) =>
        _flows.HasFlow(new FlowEnds(local, localPort, remote, remotePort, interfaceNumber));

    private string? FindFaultOfPlace(TcpConnection connection)
    {
        if (connection.IsForgotten || connection.Core.IsOver)
        {
            return "it is over and still there";
        }

        if (_flows.Find(
            connection.Local, connection.LocalPort, connection.Remote, connection.RemotePort, connection.Interface, out var found, out _)
            != DemultiplexerMatch.Flow || found != connection.Core)
        {
            return "its segments do not find it";
        }

        if (connection.Holder is not { IsReleased: false } holder || holder.PairCount == 0
            || (holder.PairCount == 1 && holder.RemotePort.Value != 0
                && (holder.Remote != connection.Remote || holder.RemotePort != connection.RemotePort))
            || holder.Binding.Port != connection.LocalPort || holder.Binding.Address != connection.Local)
        {
            return "its port is not its own";
        }

        return connection.Core.Deadline < _wheel.Next ? "its timer is not armed"
            : connection.Core.IsBlocked && !connection.IsInBlockedList ? "it waits for a link, but is not registered"
            : null;
    }
}
