namespace Portolan.Sockets.Owners;

/// <summary>Distinguishes the kernel's own sockets (an NFS server, WireGuard) from those whose owner is merely not seen.</summary>
/// <remarks>
/// A socket is the kernel's when every process of the machine was looked into, none holds it, and after a second look it is still
/// there and still nobody's: a socket closed or handed over between listing and search does not pass. What no descriptor shows also
/// counts as the kernel's: a socket on its way to another process (SCM_RIGHTS), or kept by io_uring alone.
/// </remarks>
public static class KernelSockets
{
    private const SocketFlags Told = SocketFlags.KernelOwned | SocketFlags.Closed;

    /// <summary>
    /// Whether a socket is known to have no owner: the kernel's own, one that was closed meanwhile, or one without an inode.
    /// </summary>
    public static bool HasNoOwner(in SocketEntry socket) => socket.Inode == 0 || (socket.Flags & Told) != 0;

    /// <summary>
    /// Sets <see cref="SocketFlags.KernelOwned"/> on the kernel's sockets among the selected; costs nothing when every socket has an owner.
    /// </summary>
    /// <returns>How many were marked.</returns>
    public static int Mark(
        SocketTable sockets, ReadOnlySpan<int> selected, OwnerMap owners, ISocketSource source, IOwnerFinder finder,
        CancellationToken cancellationToken)
    {
        var candidates = Candidates(sockets, selected, owners);
        if (candidates.Count == 0)
        {
            return 0;
        }

        var there = Identities(source.Read(Query(sockets, candidates), cancellationToken).Sockets);
        candidates.RemoveAll(index => !there.Contains(Identity(sockets[index])));
        var again = finder.Find(SocketInodes.Of(sockets, [.. candidates]), cancellationToken);
        if (!again.SeesEveryProcess)
        {
            return 0;
        }

        candidates.RemoveAll(index => !again.Pids(sockets[index].Inode).IsEmpty);
        foreach (var index in candidates)
        {
            sockets.Edit(index).Flags |= SocketFlags.KernelOwned;
        }

        return candidates.Count;
    }

    private static List<int> Candidates(SocketTable sockets, ReadOnlySpan<int> selected, OwnerMap owners)
    {
        var candidates = new List<int>();
        if (owners.SeesEveryProcess)
        {
            foreach (var index in selected)
            {
                if (sockets[index].Inode != 0 && owners.Pids(sockets[index].Inode).IsEmpty)
                {
                    candidates.Add(index);
                }
            }
        }

        return candidates;
    }

    // As narrow as the candidates allow.
    private static SocketQuery Query(SocketTable sockets, List<int> candidates)
    {
        var protocols = SocketProtocols.None;
        var states = 0u;
        var everywhere = false;
        foreach (var index in candidates)
        {
            protocols |= (SocketProtocols)(1 << (int)sockets[index].Protocol);
            states |= 1u << (int)sockets[index].State;
            everywhere |= sockets[index].NamespaceIndex != 0;
        }

        return new SocketQuery
        {
            Protocols = protocols,
            States = states,
            Bound = (states & (1u << (int)SocketState.Bound)) != 0,
            AllNamespaces = everywhere,
        };
    }

    private static HashSet<(uint, ulong)> Identities(SocketTable sockets)
    {
        var identities = new HashSet<(uint, ulong)>();
        for (var i = 0; i < sockets.Count; i++)
        {
            identities.Add(Identity(sockets[i]));
        }

        return identities;
    }

    private static (uint Inode, ulong Cookie) Identity(in SocketEntry socket) => (socket.Inode, socket.Cookie);
}
