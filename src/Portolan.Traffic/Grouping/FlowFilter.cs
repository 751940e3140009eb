using Portolan.Sockets;
using Portolan.Sockets.Filtering;
using Portolan.Sockets.Owners;
using Portolan.Traffic.Counting;

namespace Portolan.Traffic.Grouping;

/// <summary>Asks a filter of <c>portolan list</c> about flows: each as the socket that it is or was.</summary>
internal sealed class FlowFilter
{
    private readonly SocketFilter _filter;
    private readonly FilterContext _context;
    private readonly Dictionary<ulong, int> _namespaces = [];
    private readonly Dictionary<TrafficFlow, uint> _numbers = [];

    public FlowFilter(SocketFilter filter, TrafficReading reading, ITrafficNames names, Func<TrafficFlow, double?> rateOf)
    {
        var flows = new List<TrafficFlow>(reading.Flows.Count);
        _filter = filter;
        var spaces = new List<NetworkNamespace>(reading.Namespaces);
        for (var index = 0; index < spaces.Count; index++)
        {
            _namespaces.TryAdd(spaces[index].Inode, index);
        }

        var shares = new Dictionary<int, ProcessShare>();
        var (inodes, pids) = (new List<uint>(), new List<int>());
        var number = 0U;
        var isSeenWhole = true;
        foreach (var flow in reading.Flows)
        {
            if (_namespaces.TryAdd(flow.Namespace, spaces.Count))
            {
                spaces.Add(new NetworkNamespace(flow.Namespace, null, 0, IsOwn: false));
            }

            // A closed socket has no inode any more: each flow gets a number of its own.
            _numbers.Add(flow, ++number);
            flows.Add(flow);
            if ((filter.Needs & FilterNeeds.Owners) == 0)
            {
                continue;
            }

            var first = pids.Count;
            foreach (var share in flow.Shares)
            {
                shares.TryAdd(share.ProcessId, share);
                pids.Add(share.ProcessId);
            }

            if (flow.Shares.Count == 0 && flow.HolderPid != 0)
            {
                pids.Add(flow.HolderPid);
            }

            isSeenWhole &= pids.Count > first;
            pids.Sort(first, pids.Count - first, null);
            inodes.AddRange(Enumerable.Repeat(number, pids.Count - first));
        }

        _context = new FilterContext
        {
            Snapshot = new SocketSnapshot { Sockets = new SocketTable(), Namespaces = spaces, Sources = [], Missing = [] },
            Owners = new OwnerMap([.. inodes], [.. pids], "calls", isSeenWhole ? 0 : 1) { SeesEveryProcess = isSeenWhole },
            Rate = inode => rateOf(flows[(int)inode - 1]),
            Process = pid => names.Process(pid, shares.GetValueOrDefault(pid)),
        };
    }

    public FilterResult Judge(TrafficFlow flow)
    {
        var entry = new SocketEntry
        {
            Protocol = flow.Protocol,
            State = flow.IsDatagram ? flow.RemotePort == 0 ? SocketState.Unconnected : SocketState.Established : flow.State,
            LocalAddress = flow.LocalAddress,
            LocalPort = flow.LocalPort,
            RemoteAddress = flow.RemoteAddress,
            RemotePort = flow.RemotePort,
            Cookie = flow.Cookie,
            Inode = _numbers[flow],
            UserId = flow.UserId ?? 0,
            Flags = flow.UserId is null ? SocketFlags.None : SocketFlags.HasUser,
            NamespaceIndex = _namespaces[flow.Namespace],
            InterfaceIndex = flow.InterfaceIndex,
            TcpDetailsIndex = -1,
            MemoryIndex = -1,
            UnixIndex = -1,
        };
        return _filter.Judge(entry, _context);
    }
}
