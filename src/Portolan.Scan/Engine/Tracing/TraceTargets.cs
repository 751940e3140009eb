using Portolan.Model;
using Portolan.Scan.Results;
using Portolan.Scan.Targets;

namespace Portolan.Scan.Engine.Tracing;

/// <summary>
/// What a host's results say of how to trace the way to it: packets that got through, the likely distance, and filtered ports.
/// </summary>
internal static class TraceTargets
{
    /// <summary>The silent ports of a host whose probes are followed.</summary>
    public const int MostSilentPorts = 3;

    /// <summary>The rejected ports of a host that are named, each with another refuser.</summary>
    private const int MostRefusers = 3;

    /// <summary>The packets to try, likeliest first: those to a port that answered; else those that find hosts.</summary>
    /// <param name="group">The hosts.</param>
    /// <param name="host">One of them.</param>
    /// <param name="excluded">TCP ports that no probe may be sent to.</param>
    /// <param name="isRaw">Packets of our own making may be sent: ACK segments and echo requests too.</param>
    public static List<TraceProbe> ProbesFor(HostGroup group, int host, PortSet? excluded, bool isRaw)
    {
        var ports = group.PortsOf(host);
        (int Rank, int Place, TraceProbe Probe)? best = null;
        for (var slot = 0; group.AnsweredCount(host) > 0 && slot < ports.Count; slot++)
        {
            var state = group.StateOf(host, slot);
            var isTcp = ports[slot].Protocol == TransportProtocol.Tcp;
            var rank = (isTcp, state) switch
            {
                (true, PortState.Open) => 0,
                (true, PortState.Closed) => 1,
                (true, PortState.Unfiltered) when isRaw => 2,
                (false, PortState.Open) => 3,
                (false, PortState.Closed) => 4,
                _ => int.MaxValue,
            };
            if (rank == int.MaxValue || rank > best?.Rank || (rank == best?.Rank && rank is 1 or 2 or 4))
            {
                continue;
            }

            var place = TopPorts.PlaceOf(ports[slot].Protocol, ports[slot].Port);
            if (best is null || rank < best.Value.Rank || place < best.Value.Place)
            {
                var method = rank == 2 ? TraceMethod.Ack : isTcp ? TraceMethod.Syn : TraceMethod.Udp;
                best = (rank, place, new TraceProbe(method, ports[slot].Port));
            }
        }

        var probes = new List<TraceProbe>();
        if (best is { } found)
        {
            probes.Add(found.Probe);
            return probes;
        }

        if (isRaw)
        {
            probes.Add(new TraceProbe(TraceMethod.Echo, PortNumber.Zero));
        }

        AddPing(probes, TraceMethod.Syn, 443, excluded);
        AddPing(probes, isRaw ? TraceMethod.Ack : TraceMethod.Syn, 80, excluded);
        return probes;
    }

    /// <summary>
    /// How many hops away a host is, from the TTL of its answers: systems begin with 32, 64, 128 or 255. 0 when nothing is known.
    /// </summary>
    public static int DistanceOf(HostGroup group, int host)
    {
        int ttl = group.HostOf(host).TimeToLive;
        var ports = group.PortsOf(host);
        for (var slot = 0; group.AnsweredCount(host) > 0 && slot < ports.Count; slot++)
        {
            if (group.StateOf(host, slot) is PortState.Open or PortState.Closed or PortState.Unfiltered
                && group.ResultOf(host, slot) is { TimeToLive: > 0, ReasonAddress: null } result)
            {
                ttl = result.TimeToLive;
                break;
            }
        }

        var distance = ttl switch { 0 => 0, <= 32 => 33 - ttl, <= 64 => 65 - ttl, <= 128 => 129 - ttl, _ => 256 - ttl };
        return distance <= HopSearch.MostHops ? distance : 0;
    }

    /// <summary>Filtered ports whose probes are followed, the likeliest first, and ports whose rejection names the filter.</summary>
    public static (List<ProbePort> Silent, List<FilteredTrace> Named) FilteredOf(HostGroup group, int host, IReadOnlyList<TraceHop>? way)
    {
        var ports = group.PortsOf(host);
        var silent = new PriorityQueue<ProbePort, int>();
        var named = new List<FilteredTrace>();
        var isTcpFiltered = group.IsSilenceJudged(host) && group.SilentStateOf(TransportProtocol.Tcp) == PortState.Filtered;
        for (var slot = 0; slot < ports.Count; slot++)
        {
            if (group.IsAnswered(host, slot))
            {
                if (group.StateOf(host, slot) == PortState.Filtered && named.Count < MostRefusers
                    && group.ResultOf(host, slot) is var result
                    && result.Reason is not (ReplyReason.SynProxy or ReplyReason.NoResponse))
                {
                    AddRefuser(named, result, group.AddressOf(host), way);
                }
            }
            else if (isTcpFiltered && ports[slot].Protocol == TransportProtocol.Tcp && !group.IsUnprobed(host, slot)
                && group.IsShare(host, slot))
            {
                // The queue gives the least first, which is the unlikeliest.
                silent.Enqueue(ports[slot], -TopPorts.PlaceOf(TransportProtocol.Tcp, ports[slot].Port));
                if (silent.Count > MostSilentPorts)
                {
                    silent.Dequeue();
                }
            }
        }

        var likeliest = new List<ProbePort>();
        while (silent.TryDequeue(out var port, out _))
        {
            likeliest.Insert(0, port);
        }

        return (likeliest, named);
    }

    private static void AddRefuser(List<FilteredTrace> named, in PortResult result, InternetAddress target, IReadOnlyList<TraceHop>? way)
    {
        var refuser = result.ReasonAddress ?? target;
        if (named.Exists(other => other.Refuser == refuser))
        {
            return;
        }

        named.Add(FilterSearch.Judge(result.Port, way?.FirstOrDefault(hop => hop.Address == refuser), way, refuser));
    }

    private static void AddPing(List<TraceProbe> probes, TraceMethod method, ushort port, PortSet? excluded)
    {
        if (excluded is null || !excluded.Contains(new PortNumber(port)))
        {
            probes.Add(new TraceProbe(method, new PortNumber(port)));
        }
    }
}
