using System.Runtime.InteropServices;

namespace Portolan.Sockets.Chart;

/// <summary>Collects listeners into rows and counts connections for them. One use, one thread.</summary>
internal sealed class ListenerRows(MachineFacts facts, bool hasMptcp)
{
    /// <summary>Most listeners have one bind or two. From more on they are looked up.</summary>
    private const int FewBinds = 8;

    private readonly Dictionary<(int Namespace, TransportProtocol Protocol, ushort Port), Builder> _ports = [];
    private readonly RowParts _parts = new(facts);

    /// <summary>Adds a listener to the row of its owner; a client's datagram socket is only shown.</summary>
    public void Add(in SocketEntry entry, bool isClient = false)
    {
        var key = Key(entry);
        var owner = _parts.Owner(entry);
        var bind = PortBind.Of(entry);
        ref var row = ref CollectionsMarshal.GetValueRefOrAddDefault(_ports, key, out _);

        // A REUSEPORT group of one program has equal binds and may have no common parent.
        while (row is not null && !row.Owner.IsSameAs(owner)
            && !(row.Owner.Kind == OwnerKind.Process && owner.Kind == OwnerKind.Process && row.Owner.Name == owner.Name
                && row.Has(bind)))
        {
            row = ref row.Next;
        }

        if (row is null)
        {
            row = new Builder(key, owner);
        }
        else if (!ReferenceEquals(row.Owner, owner))
        {
            row.Owner = row.Owner.With(owner);
        }

        row.Add(bind);
        row.IsServer |= !isClient;
        row.IsMptcp |= entry.Protocol == SocketProtocol.Mptcp;
        if (entry.State == SocketState.Listen && entry.ReceiveQueue > 0 && entry.ReceiveQueue >= entry.SendQueue)
        {
            row.Note(
                $"accept queue full ({entry.ReceiveQueue} of {entry.SendQueue}): new connections time out until the program accepts");
        }
    }

    /// <summary>Counts a connection, and its bytes, for the listener that fits its local address best.</summary>
    public void Count(in SocketEntry entry)
    {
        if (entry.Protocol.Transport() is null || !_ports.TryGetValue(Key(entry), out var row))
        {
            return;
        }

        Builder? best = null;
        var bestFit = 0;
        for (; row is not null; row = row.Next)
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
        .. _ports.Values.SelectMany(static first => first.AndNext()).Select(ToRow)
            .OrderBy(r => r.NamespaceIndex).ThenBy(r => r.Group).ThenBy(r => r.Port.Value).ThenBy(r => r.Protocol).ThenBy(r => r.Binds[0])
            .ThenBy(r => r.Owner.Main?.Pid),
    ];

    private static (int Namespace, TransportProtocol Protocol, ushort Port) Key(in SocketEntry entry) =>
        (entry.NamespaceIndex, entry.Protocol.Transport()!.Value, entry.LocalPort);

    private ChartRow ToRow(Builder row)
    {
        var port = new PortNumber(row.Key.Port);
        var counts = row.Key.Protocol == TransportProtocol.Tcp && (row.HasBytes || row.Connections == 0);
        if (row.IsMptcp)
        {
            row.Note("Multipath TCP");
        }

        var service = facts.ServiceName(row.Key.Protocol, port);
        return new ChartRow
        {
            NamespaceIndex = row.Key.Namespace,
            IsOwnNamespace = facts.Snapshot.Namespaces[row.Key.Namespace].IsOwn,
            Port = port,
            Protocol = row.Key.Protocol,
            Binds = row.Binds.Count == 1 ? _parts.Binds(row.Binds[0]) : [.. row.Binds.Order()],
            Owner = row.Owner,
            Service = service,
            Running = _parts.Running(row.Owner, service),
            Exposure = row.Binds.All(b => b.IsLocal) ? PortExposure.Local : PortExposure.Unknown,
            Connections = row.Connections,
            BytesIn = counts ? row.BytesIn : null,
            BytesOut = counts ? row.BytesOut : null,
            IsClient = !row.IsServer,
            Notes = row.Notes,
        };
    }

    private sealed class Builder((int Namespace, TransportProtocol Protocol, ushort Port) key, PortOwner owner)
    {
        /// <summary>The row of another owner of the same port.</summary>
        public Builder? Next;

        private HashSet<PortBind>? _known;

        public (int Namespace, TransportProtocol Protocol, ushort Port) Key { get; } = key;

        public PortOwner Owner { get; set; } = owner;

        public List<PortBind> Binds { get; } = new(1);

        public IReadOnlyList<string> Notes { get; private set; } = [];

        public bool IsMptcp { get; set; }

        public bool IsServer { get; set; }

        public bool HasBytes { get; set; }

        public int Connections { get; set; }

        public ulong BytesIn { get; set; }

        public ulong BytesOut { get; set; }

        public IEnumerable<Builder> AndNext()
        {
            for (var row = this; row is not null; row = row.Next)
            {
                yield return row;
            }
        }

        public bool Has(PortBind bind) => _known?.Contains(bind) ?? Binds.Contains(bind);

        public void Add(PortBind bind)
        {
            if (Has(bind))
            {
                return;
            }

            Binds.Add(bind);
            if (_known is not null)
            {
                _known.Add(bind);
            }
            else if (Binds.Count > FewBinds)
            {
                _known = [.. Binds];
            }
        }

        public void Note(string note)
        {
            if (!Notes.Contains(note, StringComparer.Ordinal))
            {
                Notes = [.. Notes, note];
            }
        }
    }
}
