using Portolan.Model;
using Portolan.Packets;
using Portolan.Packets.Links;
using Portolan.Scan.Results;

namespace Portolan.Scan.Engine.Connecting;

/// <summary>Three random high ports of each host with an open port: where all are open, one thing answers for all ports.</summary>
internal sealed class EverythingTable : IConnectTable
{
    private const int MostHosts = 65_536;
    private const int Refuted = -1;

    private readonly HostGroup _group;
    private readonly List<(int Host, ushort[] Ports)> _hosts = [];
    private readonly int[] _open;

    /// <summary>Takes the hosts of a group that have an open TCP port.</summary>
    public EverythingTable(HostGroup group, ulong seed, PortSet? excluded = null)
    {
        _group = group;
        var random = SipHash.FromSeed(~seed);
        for (var host = 0; host < group.Count && _hosts.Count < MostHosts; host++)
        {
            if (group.IsActive(host) && HasOpen(host)
                && HighPorts.Choose(random, group.AddressOf(host), group.PortsOf(host), excluded) is { Length: > 0 } ports)
            {
                _hosts.Add((host, ports));
            }
        }

        _open = new int[_hosts.Count];
    }

    /// <inheritdoc/>
    public ulong Positions => (ulong)_hosts.Count * HighPorts.Count;

    /// <inheritdoc/>
    public bool TryGet(ulong position, out ConnectProbe probe)
    {
        var place = (int)(position / HighPorts.Count);
        var number = (int)(position % HighPorts.Count);
        var (host, ports) = _hosts[place];
        probe = new ConnectProbe(
            host, (place * HighPorts.Count) + number, new ProbePort(TransportProtocol.Tcp, new PortNumber(ports[number])));
        var open = Volatile.Read(ref _open[place]);
        return open != Refuted && (open & (1 << number)) == 0;
    }

    /// <inheritdoc/>
    public bool Answer(in ConnectProbe probe, in ConnectOutcome outcome)
    {
        ref var open = ref _open[probe.Slot / HighPorts.Count];
        if (outcome.Result != ConnectResult.Connected)
        {
            Volatile.Write(ref open, Refuted);
            return true;
        }

        const int All = (1 << HighPorts.Count) - 1;
        if (Interlocked.Or(ref open, 1 << (probe.Slot % HighPorts.Count)) != Refuted && Volatile.Read(ref open) == All)
        {
            _group.MarkAnswersEverything(probe.Host);
        }

        return true;
    }

    /// <inheritdoc/>
    public void CouldNotSend(in ConnectProbe probe, bool wholeHost) => Volatile.Write(ref _open[probe.Slot / HighPorts.Count], Refuted);

    private bool HasOpen(int host)
    {
        var ports = _group.AnsweredCount(host) == 0 ? 0 : _group.PortsOf(host).Count;
        for (var port = 0; port < ports; port++)
        {
            if (_group.StateOf(host, port) == PortState.Open && _group.PortsOf(host)[port].Protocol == TransportProtocol.Tcp)
            {
                return true;
            }
        }

        return false;
    }
}
