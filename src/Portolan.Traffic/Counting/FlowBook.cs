using System.Diagnostics.CodeAnalysis;
using Portolan.Sockets;

namespace Portolan.Traffic.Counting;

/// <summary>The sockets that were seen, by cookie, and the listeners that say which end dialled. One thread.</summary>
/// <remarks>
/// Closed sockets are kept one by one until there are very many; then those that are alike but for the peer's port are put together, so
/// that memory is bounded by what is different.
/// </remarks>
internal sealed class FlowBook
{
    /// <summary>How many closed sockets are kept one by one.</summary>
    internal const int MostClosed = 65_536;

    /// <summary>How many kinds of closed sockets are kept apart by the peer's address.</summary>
    private const int MostMerged = 65_536;

    private readonly Dictionary<ulong, TrafficFlow> _open = [];
    private readonly List<TrafficFlow> _closed = [];
    private readonly Dictionary<MergedKey, TrafficFlow> _merged = [];
    private readonly Dictionary<(ulong Namespace, SocketProtocol Protocol, ushort Port), uint> _listeners = [];
    private readonly HashSet<ulong> _chosen = [];
    private readonly HashSet<ulong> _ended = [];
    private readonly Queue<ulong> _endedOrder = new();

    /// <summary>Sockets that are not done with.</summary>
    public Dictionary<ulong, TrafficFlow>.ValueCollection Open => _open.Values;

    /// <summary>All flows.</summary>
    public IReadOnlyCollection<TrafficFlow> All => [.. _open.Values, .. _closed, .. _merged.Values];

    public bool TryFind(ulong cookie, [NotNullWhen(true)] out TrafficFlow? flow) => _open.TryGetValue(cookie, out flow);

    /// <summary>Whether a socket is done with: what is still said of it is old.</summary>
    public bool HasEnded(ulong cookie) => _ended.Contains(cookie);

    public TrafficFlow Add(ulong cookie)
    {
        var flow = new TrafficFlow { Cookie = cookie };
        _open.Add(cookie, flow);
        return flow;
    }

    /// <summary>A socket is done with.</summary>
    public void End(TrafficFlow flow)
    {
        _open.Remove(flow.Cookie);
        if (!flow.IsDatagram && flow.Cookie != 0 && _ended.Add(flow.Cookie))
        {
            _endedOrder.Enqueue(flow.Cookie);
            if (_endedOrder.Count > MostClosed)
            {
                _ended.Remove(_endedOrder.Dequeue());
            }
        }

        _closed.Add(flow);
        if (_closed.Count > MostClosed)
        {
            foreach (var closed in _closed)
            {
                Merge(closed);
            }

            _closed.Clear();
        }
    }

    /// <summary>A listener of TCP, or a datagram socket without a peer.</summary>
    public void AddListener(ulong space, in SocketEntry entry) => _listeners[(space, entry.Protocol, entry.LocalPort)] = entry.Inode;

    /// <summary>The inode of the listener that took a connection; 0 where there is none.</summary>
    public uint ListenerOf(TrafficFlow flow) => flow.Role == FlowRole.Server
        ? _listeners.GetValueOrDefault((flow.Namespace, flow.Protocol, flow.LocalPort))
        : 0;

    /// <summary>A new list of datagram sockets whose ports the kernel chose begins.</summary>
    public void ForgetChosen() => _chosen.Clear();

    /// <summary>A datagram socket whose port the kernel chose.</summary>
    public void AddChosen(ulong cookie) => _chosen.Add(cookie);

    /// <summary>Which end dialled, where no event said so.</summary>
    public FlowRole RoleOf(TrafficFlow flow, PortRange? ephemeral)
    {
        if (flow.DialledPort is not null)
        {
            return FlowRole.Server;
        }

        if (flow.LocalPort == 0)
        {
            return FlowRole.Unknown;
        }

        // A listener of MPTCP is listed as one of TCP too.
        var protocol = flow.Protocol == SocketProtocol.Mptcp ? SocketProtocol.Tcp : flow.Protocol;
        var listens = _listeners.ContainsKey((flow.Namespace, protocol, flow.LocalPort));
        if (!flow.IsDatagram)
        {
            return listens ? FlowRole.Server : FlowRole.Client;
        }

        if (flow.RemotePort != 0)
        {
            return listens ? FlowRole.Server : FlowRole.Client;
        }

        // Without a peer it serves, unless the kernel chose its port.
        return _chosen.Contains(flow.Cookie) || (!listens && ephemeral?.Contains(new PortNumber(flow.LocalPort)) == true)
            ? FlowRole.Client
            : FlowRole.Server;
    }

    private void Merge(TrafficFlow flow)
    {
        var pid = Main(flow)?.ProcessId ?? flow.HolderPid;
        var remote = _merged.Count < MostMerged ? flow.RemoteAddress : InternetAddress.AnyIPv6;
        var dialled = flow.Role == FlowRole.Client ? flow.RemotePort : (ushort)0;
        var local = flow.Role == FlowRole.Server ? flow.LocalPort : (ushort)0;
        var key = new MergedKey(
            flow.Protocol, flow.Namespace, flow.LocalAddress, local, remote, dialled, flow.Role, pid, flow.UserId, flow.DialledPort);
        if (!_merged.TryGetValue(key, out var merged))
        {
            merged = new TrafficFlow
            {
                Cookie = 0,
                Protocol = flow.Protocol,
                Namespace = flow.Namespace,
                LocalAddress = flow.LocalAddress,
                LocalPort = local,
                RemoteAddress = remote,
                RemotePort = dialled,
                Role = flow.Role,
                DialledPort = flow.DialledPort,
                UserId = flow.UserId,
                HolderPid = flow.HolderPid,
                InterfaceIndex = flow.InterfaceIndex,
                State = SocketState.Closed,
                IsClosed = true,
                Counts = flow.Counts,
                HasBase = true,
            };
            _merged.Add(key, merged);
        }

        merged.New += flow.New;
        merged.LastNew += flow.LastNew;
        merged.LastIn += flow.LastIn;
        merged.LastOut += flow.LastOut;
        merged.TotalIn += flow.BytesIn ?? 0;
        merged.TotalOut += flow.BytesOut ?? 0;
        merged.TotalRetransmits += flow.Retransmits ?? 0;
        foreach (var share in flow.Shares)
        {
            var into = merged.ShareOf(share.ProcessId);
            into.Command = share.Command;
            into.CgroupId = share.CgroupId;
            into.LastIn += share.LastIn;
            into.LastOut += share.LastOut;
            into.TakenIn += share.BytesIn;
            into.TakenOut += share.BytesOut;
            into.TakenCallsIn += share.CallsIn;
            into.TakenCallsOut += share.CallsOut;
        }
    }

    private static ProcessShare? Main(TrafficFlow flow)
    {
        ProcessShare? most = null;
        foreach (var share in flow.Shares)
        {
            most = most is null || share.BytesIn + share.BytesOut > most.BytesIn + most.BytesOut ? share : most;
        }

        return most;
    }

    private readonly record struct MergedKey(
        SocketProtocol Protocol, ulong Namespace, InternetAddress Local, ushort LocalPort, InternetAddress Remote, ushort RemotePort,
        FlowRole Role, int ProcessId, uint? User, PortNumber? Dialled);
}
