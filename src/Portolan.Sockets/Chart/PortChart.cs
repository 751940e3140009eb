namespace Portolan.Sockets.Chart;

/// <summary>Joins sockets, holders and names into the chart. Pure: the same facts give the same chart.</summary>
public static class PortChart
{
    /// <summary>From how many CLOSE-WAIT connections of one process a warning is worth it.</summary>
    public const int ManyCloseWait = 100;

    /// <summary>
    /// The positions of the sockets whose holders the chart needs: the listeners, and those in CLOSE-WAIT when there are many.
    /// </summary>
    public static int[] SocketsToFind(SocketSnapshot snapshot)
    {
        var sockets = snapshot.Sockets;
        var listeners = new List<int>();
        var closeWait = new List<int>();
        for (var i = 0; i < sockets.Count; i++)
        {
            ref readonly var entry = ref sockets[i];
            if (MachineFacts.IsListener(entry))
            {
                listeners.Add(i);
            }
            else if (entry.State == SocketState.CloseWait)
            {
                closeWait.Add(i);
            }
        }

        if (closeWait.Count >= ManyCloseWait)
        {
            listeners.AddRange(closeWait);
        }

        return [.. listeners];
    }

    /// <summary>Builds the chart. With <paramref name="everything"/> client sockets get rows too.</summary>
    public static ChartModel Build(MachineFacts facts, bool everything = false)
    {
        var sockets = facts.Snapshot.Sockets;
        var hasMptcp = HasMptcp(facts.Snapshot);
        var ports = new ListenerRows(facts, hasMptcp);
        var clients = 0;
        for (var i = 0; i < sockets.Count; i++)
        {
            ref readonly var entry = ref sockets[i];
            if (!MachineFacts.IsListener(entry) || IsCounted(entry, hasMptcp))
            {
                continue;
            }

            var isClient = ClientPorts.IsClient(entry, facts);
            if (!everything && isClient)
            {
                clients++;
                continue;
            }

            ports.Add(entry, isClient);
        }

        for (var i = 0; i < sockets.Count; i++)
        {
            ref readonly var entry = ref sockets[i];
            if (entry.State is SocketState.Established or SocketState.CloseWait)
            {
                ports.Count(entry);
            }
        }

        var rows = ports.ToRows();
        return new ChartModel(rows, ChartWarnings.Find(facts), clients, rows.Count(r => r.Owner.Kind == OwnerKind.Hidden));
    }

    private static bool HasMptcp(SocketSnapshot snapshot)
    {
        for (var i = 0; i < snapshot.Sockets.Count; i++)
        {
            if (snapshot.Sockets[i].Protocol == SocketProtocol.Mptcp)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>An MPTCP socket also appears as TCP: once is enough.</summary>
    private static bool IsCounted(in SocketEntry entry, bool hasMptcp) =>
        hasMptcp && entry.Protocol == SocketProtocol.Tcp && (entry.Flags & SocketFlags.MptcpSubflow) != 0;
}
