using System.Globalization;
using Portolan.Linux.Proc;

namespace Portolan.Sockets.Owners;

/// <summary>
/// The netlink sockets of this thread's network namespace, as /proc/net/netlink lists them for everybody (netlink_seq_show of
/// net/netlink/af_netlink.c).
/// </summary>
public sealed class NetlinkSockets
{
    private const int Protocol = 1;
    private const int PortId = 2;
    private const int Inode = 9;
    private const string Netfilter = "12"; // NETLINK_NETFILTER

    private readonly Dictionary<uint, uint> _netfilter = [];

    private NetlinkSockets()
    {
    }

    /// <summary>
    /// The netlink ports of sockets that programs have opened towards netfilter. Usually the first one of a process has its id.
    /// </summary>
    public IReadOnlyCollection<uint> NetfilterPorts => _netfilter.Keys;

    /// <summary>Reads them.</summary>
    /// <param name="procRoot">Where /proc is.</param>
    public static NetlinkSockets Read(string procRoot = "/proc")
    {
        var found = new NetlinkSockets();
        var rest = (KernelFile.Text(Path.Combine(procRoot, "thread-self/net/netlink")) ?? "").AsSpan();
        while (!rest.IsEmpty)
        {
            var end = rest.IndexOf('\n');
            found.Add(end < 0 ? rest : rest[..end]);
            rest = end < 0 ? [] : rest[(end + 1)..];
        }

        return found;
    }

    // Most lines are of other protocols, and list reads them all at every start: a column is a number only where it is needed.
    private void Add(ReadOnlySpan<char> line)
    {
        var (portId, inode) = (0u, 0u);
        for (var column = 0; column <= Inode; column++)
        {
            line = line.TrimStart(' ');
            var end = line.IndexOf(' ') is >= 0 and var space ? space : line.Length;
            var isWanted = column switch
            {
                Protocol => line[..end] is Netfilter,
                PortId => uint.TryParse(line[..end], NumberStyles.None, CultureInfo.InvariantCulture, out portId) && portId != 0,
                Inode => uint.TryParse(line[..end], NumberStyles.None, CultureInfo.InvariantCulture, out inode),
                _ => true,
            };
            if (!isWanted)
            {
                return;
            }

            line = line[end..];
        }

        _netfilter[portId] = inode;
    }

    /// <summary>The processes that hold the netfilter socket of a netlink port; none where they are hidden or it has gone.</summary>
    /// <param name="portId">The netlink port, as a table names its owner.</param>
    /// <param name="finder">Finds holders of sockets.</param>
    /// <param name="processes">Reads processes.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public IReadOnlyList<ProcessInfo> Holders(
        uint portId, IOwnerFinder finder, ProcessReader processes, CancellationToken cancellationToken)
    {
        if (!_netfilter.TryGetValue(portId, out var inode))
        {
            return [];
        }

        // The usual case needs no search through all processes.
        int[] pids = portId <= int.MaxValue && processes.Holds((int)portId, [inode])
            ? [(int)portId]
            : finder.Find(new[] { inode }, cancellationToken).Pids(inode).ToArray();
        return [.. pids.Select(pid => processes.Read(pid, ProcessFields.Document)).OfType<ProcessInfo>()];
    }
}
