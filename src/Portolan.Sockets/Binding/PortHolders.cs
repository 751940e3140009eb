using Portolan.Sockets.Chart;
using Portolan.Sockets.Owners;

namespace Portolan.Sockets.Binding;

/// <summary>Finds who holds a port: listeners, bound sockets that do nothing, and connections that use it as their local port.</summary>
public static class PortHolders
{
    /// <summary>The positions of the sockets whose owners are needed. A listener's connections are not among them.</summary>
    public static int[] SocketsToFind(SocketSnapshot snapshot, PortNumber port, IReadOnlyCollection<TransportProtocol> protocols)
    {
        var positions = new List<int>();
        var listening = Listening(snapshot, port);
        for (var i = 0; i < snapshot.Sockets.Count; i++)
        {
            ref readonly var entry = ref snapshot.Sockets[i];
            if (entry.Inode != 0
                && IsOn(entry, port, protocols)
                && (KindOf(entry) != HoldKind.Connected || !listening.Contains((entry.NamespaceIndex, entry.Protocol.Transport()!.Value))))
            {
                positions.Add(i);
            }
        }

        return [.. positions];
    }

    /// <summary>The holders in every namespace of the snapshot, the caller's own first.</summary>
    public static IReadOnlyList<PortHolder> Find(MachineFacts facts, PortNumber port, IReadOnlyCollection<TransportProtocol> protocols)
    {
        var holders = new List<PortHolder>();
        foreach (var row in PortChart.Build(facts, everything: true).Rows)
        {
            if (row.Port == port && protocols.Contains(row.Protocol))
            {
                holders.Add(new PortHolder
                {
                    NamespaceIndex = row.NamespaceIndex,
                    Port = port,
                    Protocol = row.Protocol,
                    Kind = HoldKind.Listening,
                    Owner = row.Owner,
                    Binds = row.Binds,
                    Connections = row.Connections,
                    Ancestry = Ancestry(row.Owner, facts),
                });
            }
        }

        holders.AddRange(Others(facts, port, protocols, HoldKind.Bound));
        holders.AddRange(Others(facts, port, protocols, HoldKind.Connected));
        return [.. holders.OrderBy(h => h.NamespaceIndex).ThenBy(h => h.Protocol).ThenBy(h => h.Kind)];
    }

    /// <summary>Which ports the sockets of the caller's namespace hold in whatever way.</summary>
    /// <param name="snapshot">Sockets of every state.</param>
    /// <param name="ports">Which ports are asked for.</param>
    /// <param name="address">The address of this host that is meant; <c>null</c> for all.</param>
    public static IReadOnlyCollection<(PortNumber Port, TransportProtocol Protocol)> Held(
        SocketSnapshot snapshot, PortSet ports, InternetAddress? address)
    {
        var held = new HashSet<(PortNumber, TransportProtocol)>();
        for (var i = 0; i < snapshot.Sockets.Count; i++)
        {
            ref readonly var entry = ref snapshot.Sockets[i];
            if (entry.Protocol.Transport() is { } protocol && entry.LocalPort != 0 && ports.Contains(entry.LocalPortNumber)
                && snapshot.Namespaces[entry.NamespaceIndex].IsOwn && KindOf(entry) is not null
                && (address is not { } one || PortBind.Of(entry).Fit(one) > 0))
            {
                held.Add((entry.LocalPortNumber, protocol));
            }
        }

        return held;
    }

    /// <summary>Whether the entry has the port as its local one.</summary>
    internal static bool IsOn(in SocketEntry entry, PortNumber port, IReadOnlyCollection<TransportProtocol> protocols) =>
        entry.LocalPort == port.Value && entry.Protocol.Transport() is { } transport && protocols.Contains(transport);

    /// <summary>How an entry holds its port; <c>null</c> when it outlived its program (TIME-WAIT and its like) or is half open.</summary>
    internal static HoldKind? KindOf(in SocketEntry entry)
    {
        if (MachineFacts.IsListener(entry))
        {
            return HoldKind.Listening;
        }

        return entry.State switch
        {
            SocketState.Bound or SocketState.Closed => HoldKind.Bound,
            SocketState.TimeWait or SocketState.SynReceived => null,
            _ => entry.Inode == 0 ? null : HoldKind.Connected,
        };
    }

    private static IEnumerable<PortHolder> Others(
        MachineFacts facts, PortNumber port, IReadOnlyCollection<TransportProtocol> protocols, HoldKind kind)
    {
        var snapshot = facts.Snapshot;
        var listening = Listening(snapshot, port);
        var found = new List<(PortHolder Holder, HashSet<PortBind> Binds, int Count)>();
        for (var i = 0; i < snapshot.Sockets.Count; i++)
        {
            ref readonly var entry = ref snapshot.Sockets[i];
            if (!IsOn(entry, port, protocols) || KindOf(entry) != kind)
            {
                continue;
            }

            var transport = entry.Protocol.Transport()!.Value;
            if (kind == HoldKind.Connected && listening.Contains((entry.NamespaceIndex, transport)))
            {
                continue;
            }

            var owner = PortOwner.Of(entry, facts);
            var namespaceIndex = entry.NamespaceIndex;
            var at = found.FindIndex(
                f => f.Holder.Protocol == transport && f.Holder.NamespaceIndex == namespaceIndex && f.Holder.Owner.IsSameAs(owner));
            if (at < 0)
            {
                at = found.Count;
                var holder = new PortHolder
                {
                    NamespaceIndex = namespaceIndex,
                    Port = port,
                    Protocol = transport,
                    Kind = kind,
                    Owner = owner,
                    Binds = [],
                    Example = kind == HoldKind.Connected ? PairOf(entry) : null,
                };
                found.Add((holder, [], 0));
            }

            found[at].Binds.Add(PortBind.Of(entry));
            found[at] = (found[at].Holder with { Owner = found[at].Holder.Owner.With(owner) }, found[at].Binds, found[at].Count + 1);
        }

        return found.Select(f => f.Holder with
        {
            Binds = [.. f.Binds.Order()],
            Connections = kind == HoldKind.Connected ? f.Count : 0,
            Ancestry = Ancestry(f.Holder.Owner, facts),
        });
    }

    /// <summary>Both ends of a connection.</summary>
    internal static SocketPair PairOf(in SocketEntry entry) => new(
        entry.Protocol.Transport()!.Value,
        entry.LocalAddress.Unmap(),
        entry.LocalPortNumber,
        entry.RemoteAddress.Unmap(),
        entry.RemotePortNumber);

    private static HashSet<(int Namespace, TransportProtocol Protocol)> Listening(SocketSnapshot snapshot, PortNumber port)
    {
        var found = new HashSet<(int, TransportProtocol)>();
        for (var i = 0; i < snapshot.Sockets.Count; i++)
        {
            ref readonly var entry = ref snapshot.Sockets[i];
            if (entry.LocalPort == port.Value && MachineFacts.IsListener(entry))
            {
                found.Add((entry.NamespaceIndex, entry.Protocol.Transport()!.Value));
            }
        }

        return found;
    }

    private static List<ProcessInfo> Ancestry(PortOwner owner, MachineFacts facts)
    {
        var chain = new List<ProcessInfo>();
        for (var next = owner.Main; next is not null && !chain.Contains(next); next = facts.Processes.GetValueOrDefault(next.ParentPid))
        {
            chain.Add(next);
        }

        return chain;
    }
}
