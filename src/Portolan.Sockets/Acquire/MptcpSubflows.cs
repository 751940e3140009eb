namespace Portolan.Sockets.Acquire;

/// <summary>Marks the TCP sockets that are subflows of an MPTCP socket, so that a connection is counted once.</summary>
/// <remarks>
/// The kernel says so itself only beside tcp_info (INET_DIAG_ULP_INFO), and older kernels only to the privileged. Where both tables were
/// read the join tells as well: a subflow has the inode of its MPTCP socket (not in older kernels), and the first one its addresses.
/// </remarks>
internal static class MptcpSubflows
{
    /// <summary>Marks the entries from <paramref name="firstEntry"/> on, all of one namespace.</summary>
    internal static void Mark(SocketTable table, int firstEntry)
    {
        HashSet<uint>? inodes = null;
        HashSet<(InternetAddress, ushort, InternetAddress, ushort, SocketState)>? ends = null;
        for (var index = firstEntry; index < table.Count; index++)
        {
            ref readonly var entry = ref table[index];
            if (entry.Protocol == SocketProtocol.Mptcp)
            {
                (ends ??= []).Add(Ends(in entry));
                if (entry.Inode != 0)
                {
                    (inodes ??= []).Add(entry.Inode);
                }
            }
        }

        if (ends is null)
        {
            return;
        }

        for (var index = firstEntry; index < table.Count; index++)
        {
            ref var entry = ref table.Edit(index);
            if (entry.Protocol == SocketProtocol.Tcp && (inodes?.Contains(entry.Inode) == true || ends.Contains(Ends(in entry))))
            {
                entry.Flags |= SocketFlags.MptcpSubflow;
            }
        }
    }

    private static (InternetAddress, ushort, InternetAddress, ushort, SocketState) Ends(in SocketEntry entry) =>
        (entry.LocalAddress, entry.LocalPort, entry.RemoteAddress, entry.RemotePort, entry.State);
}
