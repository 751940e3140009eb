using System.Globalization;
using Portolan.Linux.Proc;

namespace Portolan.Sockets.Owners;

/// <summary>The netlink sockets of this thread's network namespace, as /proc/net/netlink lists them for everybody (netlink_seq_show of net/netlink/af_netlink.c).</summary>
public sealed class NetlinkSockets
{
    private const int Protocol = 1;
    private const int PortId = 2;
    private const int Inode = 9;
    private const int Netfilter = 12; // NETLINK_NETFILTER

    private readonly Dictionary<uint, uint> _netfilter = [];

    private NetlinkSockets()
    {
    }

    /// <summary>The netlink ports of sockets that programs have opened towards netfilter. Usually the first one of a process has its id.</summary>
    public IReadOnlyCollection<uint> NetfilterPorts => _netfilter.Keys;

    /// <summary>Reads them.</summary>
    /// <param name="procRoot">Where /proc is.</param>
    public static NetlinkSockets Read(string procRoot = "/proc")
    {
        var found = new NetlinkSockets();
        foreach (var line in (KernelFile.Text(Path.Combine(procRoot, "thread-self/net/netlink")) ?? "").Split('\n'))
        {
            var columns = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (columns.Length > Inode
                && int.TryParse(columns[Protocol], NumberStyles.None, CultureInfo.InvariantCulture, out var protocol) && protocol == Netfilter
                && uint.TryParse(columns[PortId], NumberStyles.None, CultureInfo.InvariantCulture, out var portId) && portId != 0
                && uint.TryParse(columns[Inode], NumberStyles.None, CultureInfo.InvariantCulture, out var inode))
            {
                found._netfilter[portId] = inode;
            }
        }

        return found;
    }

    /// <summary>The processes that hold the netfilter socket of a netlink port; none where they are hidden or it has gone.</summary>
    /// <param name="portId">The netlink port, as a table names its owner.</param>
    /// <param name="finder">Finds holders of sockets.</param>
    /// <param name="processes">Reads processes.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public IReadOnlyList<ProcessInfo> Holders(uint portId, IOwnerFinder finder, ProcessReader processes, CancellationToken cancellationToken)
    {
        if (!_netfilter.TryGetValue(portId, out var inode))
        {
            return [];
        }

        // The usual case needs no search through all processes.
        int[] pids = portId <= int.MaxValue && processes.Holds((int)portId, [inode]) ? [(int)portId] : finder.Find(new[] { inode }, cancellationToken).Pids(inode).ToArray();
        return [.. pids.Select(pid => processes.Read(pid, ProcessFields.Document)).OfType<ProcessInfo>()];
    }
}
