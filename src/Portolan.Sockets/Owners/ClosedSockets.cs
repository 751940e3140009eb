using Portolan.Sockets.Filtering.Pushdown;

namespace Portolan.Sockets.Owners;

/// <summary>Distinguishes sockets that were closed between listing and search from those whose owner is hidden.</summary>
/// <remarks>
/// Where some process hides its descriptors, a socket without an owner may be that process's. On a busy server most such sockets were
/// merely closed meanwhile: a second look no longer finds them. It costs nothing when every socket has an owner.
/// </remarks>
public static class ClosedSockets
{
    /// <summary>
    /// With more sockets in doubt their owners are hidden indeed (another user's server), and a second look would tell nothing.
    /// </summary>
    private const int MostInDoubt = 4096;

    /// <summary>With more ports than this the kernel spends more on comparing than on copying.</summary>
    private const int MostPorts = 32;

    private const SocketProtocols Connecting = SocketProtocols.Tcp | SocketProtocols.Mptcp | SocketProtocols.Sctp | SocketProtocols.Dccp;

    private const SocketProtocols WithPorts = SocketProtocols.Tcp | SocketProtocols.Mptcp | SocketProtocols.Udp | SocketProtocols.UdpLite;

    /// <summary>
    /// Sets <see cref="SocketFlags.Closed"/> on the selected sockets that have no owner and are gone; nothing where no owner can be hidden.
    /// </summary>
    /// <param name="snapshot">The sockets.</param>
    /// <param name="query">What they were read with.</param>
    /// <param name="selected">Positions of those whose owners were looked for.</param>
    /// <param name="owners">What was found.</param>
    /// <param name="source">Where to look again, with as little as the sockets in doubt allow.</param>
    /// <param name="cancellationToken">Stops the look.</param>
    /// <returns>How many were marked.</returns>
    public static int Mark(
        SocketSnapshot snapshot, SocketQuery query, ReadOnlySpan<int> selected, OwnerMap owners, ISocketSource source,
        CancellationToken cancellationToken)
    {
        if (!owners.MayHideOwners)
        {
            return 0;
        }

        // By what a state may have turned into meanwhile: a listener stays one, so looking at it again does not read every connection.
        var groups = new List<int>[] { [], [], [] };
        var inDoubt = 0;
        foreach (var index in selected)
        {
            ref readonly var socket = ref snapshot.Sockets[index];
            if (!KernelSockets.HasNoOwner(socket) && owners.Pids(socket.Inode).IsEmpty)
            {
                groups[(Bit(socket) & Connecting) == 0 ? 2 : socket.State == SocketState.Listen ? 1 : 0].Add(index);
                inDoubt++;
            }
        }

        var marked = 0;
        for (var group = 0; group < groups.Length && inDoubt <= MostInDoubt; group++)
        {
            marked += groups[group].Count == 0
                ? 0
                : Mark(snapshot, groups[group], query with { States = StatesOf(group) }, source, cancellationToken);
        }

        return marked;
    }

    private static int Mark(
        SocketSnapshot snapshot, List<int> candidates, SocketQuery query, ISocketSource source, CancellationToken cancellationToken)
    {
        var again = source.Read(Narrow(query, snapshot.Sockets, candidates), cancellationToken);
        foreach (var missing in again.Missing)
        {
            if (!snapshot.Missing.Contains(missing))
            {
                return 0; // what could not be read this time is not gone
            }
        }

        var there = new HashSet<(uint, ulong)>();
        for (var i = 0; i < again.Sockets.Count; i++)
        {
            there.Add((again.Sockets[i].Inode, again.Sockets[i].Cookie));
        }

        var marked = 0;
        foreach (var index in candidates)
        {
            ref var socket = ref snapshot.Sockets.Edit(index);
            if (!there.Contains((socket.Inode, socket.Cookie)))
            {
                socket.Flags |= SocketFlags.Closed;
                marked++;
            }
        }

        return marked;
    }

    private static uint StatesOf(int group) => group switch
    {
        // No process holds a socket in TIME-WAIT or SYN-RECEIVED.
        0 => SocketQuery.AllStates & ~((1u << (int)SocketState.Listen) | (1u << (int)SocketState.TimeWait)
            | (1u << (int)SocketState.SynReceived)),
        1 => 1u << (int)SocketState.Listen,
        _ => SocketQuery.AllStates,
    };

    private static SocketQuery Narrow(SocketQuery query, SocketTable sockets, List<int> candidates)
    {
        var protocols = SocketProtocols.None;
        var everywhere = false;
        var local = new SortedSet<ushort>();
        var remote = new SortedSet<ushort>();
        foreach (var index in candidates)
        {
            ref readonly var socket = ref sockets[index];
            protocols |= Bit(socket);
            everywhere |= socket.NamespaceIndex != 0;
            local.Add(socket.LocalPort);
            remote.Add(socket.RemotePort);
        }

        // The other end of a connection stays; that of a datagram socket, or of one that was only bound, may be another by now.
        var isLocal = local.Count <= remote.Count || query.Bound || (protocols & ~Connecting) != 0;
        var narrow = isLocal ? local : remote;
        return query with
        {
            Protocols = protocols,
            TcpDetails = false,
            Memory = false,
            AllNamespaces = everywhere,
            Bytecode = (protocols & ~WithPorts) == 0 && narrow.Count <= MostPorts ? OneOf(narrow, isLocal) : default,
        };
    }

    private static byte[] OneOf(SortedSet<ushort> ports, bool isLocal)
    {
        var program = new BytecodeWriter();
        var accept = program.NewLabel();
        foreach (var port in ports)
        {
            if (port == ports.Max)
            {
                program.PortEquals(isLocal, port, BytecodeWriter.Refuse);
                break;
            }

            var next = program.NewLabel();
            program.PortEquals(isLocal, port, next);
            program.Jump(accept);
            program.Place(next);
        }

        program.Place(accept);
        return program.Finish();
    }

    private static SocketProtocols Bit(in SocketEntry socket) => (SocketProtocols)(1 << (int)socket.Protocol);
}
