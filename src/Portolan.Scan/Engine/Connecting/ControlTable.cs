using Portolan.Model;
using Portolan.Packets.Links;

namespace Portolan.Scan.Engine.Connecting;

/// <summary>
/// Some ports that answered, to be asked once more: what is silent now was lost on the way. Closed ones where there are enough, so that no
/// service sees a second connection.
/// </summary>
internal sealed class ControlTable : IConnectTable
{
    private const int Enough = 1000;
    private const int LeastTrials = 32;
    private const int MostOfOne = 16;
    private const ulong MostLookedAt = 1 << 18;
    private readonly List<ConnectProbe> _probes = [];

    /// <summary>Chooses from a group's results.</summary>
    public ControlTable(HostGroup group)
    {
        Take(group, static state => state == PortState.Closed);
        var closed = _probes.Count;
        for (var i = 0; closed > 0 && _probes.Count < Math.Min(LeastTrials, MostOfOne * closed); i++)
        {
            _probes.Add(_probes[i]);
        }

        if (closed < LeastTrials && _probes.Count < LeastTrials)
        {
            Take(group, static state => state == PortState.Open);
        }
    }

    /// <summary>One question to each of some hosts, on a port that answered: does the host still answer?</summary>
    public ControlTable(HostGroup group, IReadOnlyList<int> hosts)
    {
        Answered = [];
        foreach (var host in hosts)
        {
            var ports = group.PortsOf(host);
            int closed = -1, open = -1;
            for (var port = 0; port < ports.Count && closed < 0; port++)
            {
                if (ports[port].Protocol == TransportProtocol.Tcp)
                {
                    closed = group.StateOf(host, port) == PortState.Closed ? port : closed;
                    open = group.StateOf(host, port) == PortState.Open ? port : open;
                }
            }

            // No service sees a second connection where a closed port will do.
            if ((closed >= 0 ? closed : open) is var chosen and >= 0)
            {
                _probes.Add(new ConnectProbe(host, chosen, ports[chosen]));
            }
        }
    }

    /// <summary>Hosts that answered, where that is all that is asked; <c>null</c> where loss is measured.</summary>
    public HashSet<int>? Answered { get; }

    /// <inheritdoc/>
    public ulong Positions => (ulong)_probes.Count;

    /// <inheritdoc/>
    public bool TryGet(ulong position, out ConnectProbe probe)
    {
        probe = _probes[(int)position];
        return true;
    }

    /// <inheritdoc/>
    public bool Answer(in ConnectProbe probe, in ConnectOutcome outcome) => false;

    /// <inheritdoc/>
    public void CouldNotSend(in ConnectProbe probe, bool wholeHost)
    {
        // It was probed before; its result stands.
    }

    // Positions are in no order that a network could have, so the first are as good as any.
    private void Take(HostGroup group, Func<PortState, bool> isWanted)
    {
        for (ulong position = 0; position < Math.Min(group.PositionCount, MostLookedAt) && _probes.Count < Enough; position++)
        {
            var (host, port) = group.AtPosition(position);
            var name = group.PortsOf(host)[port];
            if (name.Protocol == TransportProtocol.Tcp && group.IsActive(host) && isWanted(group.StateOf(host, port)))
            {
                _probes.Add(new ConnectProbe(host, port, name));
            }
        }
    }
}
