namespace Portolan.Sockets.Chart;

/// <summary>Collects listeners into rows and counts connections for them. One use, one thread.</summary>
internal sealed class ListenerTable(MachineFacts facts, bool hasMptcp)
{
    private readonly Dictionary<(int Namespace, TransportProtocol Protocol, ushort Port), List<Builder>> _ports = [];

    /// <summary>Adds a listener to the row of its owner; a client's datagram socket is only shown.</summary>
    public void Add(in SocketEntry entry, bool isClient = false)
    {
        var key = Key(entry);
        if (!_ports.TryGetValue(key, out var rows))
        {
            _ports.Add(key, rows = []);
        }

        var owner = PortOwner.Of(entry, facts);
        var bind = PortBind.Of(entry);

        // A REUSEPORT group of one program has equal binds and may have no common parent.
        var row = rows.Find(r => r.Owner.IsSameAs(owner)
            || (r.Owner.Kind == OwnerKind.Process && owner.Kind == OwnerKind.Process && r.Owner.Name == owner.Name
                && r.Binds.Contains(bind)));
        if (row is null)
        {
            rows.Add(row = new Builder(key, owner));
        }
        else
        {
            row.Owner = row.Owner.With(owner);
        }

        row.Binds.Add(bind);
        row.IsServer |= !isClient;
        row.IsMptcp |= entry.Protocol == SocketProtocol.Mptcp;
        if (entry.State == SocketState.Listen && entry.ReceiveQueue > 0 && entry.ReceiveQueue >= entry.SendQueue)
        {
            row.Notes.Add(
                $"accept queue full ({entry.ReceiveQueue} of {entry.SendQueue}): new connections time out until the program accepts");
        }
    }

    /// <summary>Counts a connection, and its bytes, for the listener that fits its local address best.</summary>
    public void Count(in SocketEntry entry)
    {
        if (entry.Protocol.Transport() is null || !_ports.TryGetValue(Key(entry), out var rows))
        {
            return;
        }

        Builder? best = null;
        var bestFit = 0;
        foreach (var row in rows)
        {
            foreach (var bind in row.Binds)
            {
                var fit = bind.Fit(entry.LocalAddress);
                if (fit > bestFit)
                {
                    (best, bestFit) = (row, fit);
                }
            }
        }

        if (best is null)
        {
            return;
        }

        var isSubflow = (entry.Flags & SocketFlags.MptcpSubflow) != 0;
        if (!isSubflow || !hasMptcp)
        {
            best.Connections++;
        }

        // An MPTCP connection's bytes are those of its subflows.
        if (entry.Protocol == SocketProtocol.Tcp && entry.TcpDetailsIndex >= 0)
        {
            ref readonly var details = ref facts.Snapshot.Sockets.TcpDetails[entry.TcpDetailsIndex];
            best.BytesIn += details.BytesReceived;
            best.BytesOut += details.BytesSent;
            best.HasBytes = true;
        }
    }

    /// <summary>The rows in the order of the chart.</summary>
    public List<ChartRow> ToRows() =>
    [
        .. _ports.Values.SelectMany(rows => rows).Select(ToRow)
            .OrderBy(r => r.NamespaceIndex).ThenBy(r => r.Group).ThenBy(r => r.Port.Value).ThenBy(r => r.Protocol).ThenBy(r => r.Binds[0])
            .ThenBy(r => r.Owner.Main?.Pid),
    ];

    private static (int Namespace, TransportProtocol Protocol, ushort Port) Key(in SocketEntry entry) =>
        (entry.NamespaceIndex, entry.Protocol.Transport()!.Value, entry.LocalPort);

    private ChartRow ToRow(Builder row)
    {
        var port = new PortNumber(row.Key.Port);
        var counts = row.Key.Protocol == TransportProtocol.Tcp && (row.HasBytes || row.Connections == 0);
        var notes = row.Notes.Distinct().ToList();
        if (row.IsMptcp)
        {
            notes.Add("Multipath TCP");
        }

        return new ChartRow
        {
            NamespaceIndex = row.Key.Namespace,
            IsOwnNamespace = facts.Snapshot.Namespaces[row.Key.Namespace].IsOwn,
            Port = port,
            Protocol = row.Key.Protocol,
            Binds = [.. row.Binds.Order()],
            Owner = row.Owner,
            Service = facts.ServiceName(row.Key.Protocol, port),
            Running = facts.RunningOn(row.Owner, row.Key.Protocol, port),
            Exposure = row.Binds.All(b => b.IsLocal) ? PortExposure.Local : PortExposure.Unknown,
            Connections = row.Connections,
            BytesIn = counts ? row.BytesIn : null,
            BytesOut = counts ? row.BytesOut : null,
            IsClient = !row.IsServer,
            Notes = notes,
        };
    }

    private sealed class Builder((int Namespace, TransportProtocol Protocol, ushort Port) key, PortOwner owner)
    {
        public (int Namespace, TransportProtocol Protocol, ushort Port) Key { get; } = key;

        public PortOwner Owner { get; set; } = owner;

        public HashSet<PortBind> Binds { get; } = [];

        public List<string> Notes { get; } = [];

        public bool IsMptcp { get; set; }

        public bool IsServer { get; set; }

        public bool HasBytes { get; set; }

        public int Connections { get; set; }

        public ulong BytesIn { get; set; }

        public ulong BytesOut { get; set; }
    }
}
