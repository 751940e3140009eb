using Portolan.Fleet.Jobs;
using Portolan.Scan.Results;
using Portolan.Scan.Targets;

namespace Portolan.Fleet.Agent;

/// <summary>
/// The probes of one piece of a chunk as a plan of the engine: each host with those of its ports whose positions are in the piece and that
/// the agent's scope permits.
/// </summary>
internal sealed class PiecePlan : ITargetPlan
{
    private readonly JobPlan _plan;
    private readonly long[] _hosts;
    private readonly ProbePorts[] _ports;

    private PiecePlan(JobPlan plan, long[] hosts, ProbePorts[] ports)
    {
        (_plan, _hosts, _ports) = (plan, hosts, ports);
        foreach (var list in ports)
        {
            ProbeCount += (ulong)list.Count;
        }
    }

    /// <inheritdoc/>
    public ulong HostCount => (ulong)_hosts.Length;

    /// <inheritdoc/>
    public ulong ProbeCount { get; }

    /// <summary>Makes the plan of a piece of a group.</summary>
    /// <param name="order">The group.</param>
    /// <param name="from">The first position.</param>
    /// <param name="to">The end, exclusive.</param>
    /// <param name="permits">Whether a probe may be sent.</param>
    /// <param name="refuse">Hears the positions of those that may not.</param>
    public static PiecePlan OfPorts(
        GroupOrder order, long from, long to, Func<InternetAddress, ProbePort, bool> permits, Action<long> refuse)
    {
        var plan = order.Plan;
        var lists = new SortedDictionary<int, List<int>>();
        for (var position = from; position < to; position++)
        {
            var (host, port) = order.At(position);
            if (!permits(plan.AddressOf(order.Hosts[host]), plan.Ports[port]))
            {
                refuse(position);
                continue;
            }

            if (!lists.TryGetValue(host, out var list))
            {
                lists.Add(host, list = []);
            }

            list.Add(port);
        }

        var alone = new ProbePorts?[plan.Ports.Count];
        var ports = new ProbePorts[lists.Count];
        var at = 0;
        foreach (var list in lists.Values)
        {
            // The job's ports are in ascending order, so their numbers sort like themselves.
            list.Sort();
            ports[at++] = list.Count == plan.Ports.Count ? plan.Ports
                : list is [var only] ? alone[only] ??= new ProbePorts([plan.Ports[only]])
                : new ProbePorts([.. list.Select(port => plan.Ports[port])]);
        }

        return new PiecePlan(plan, [.. lists.Keys.Select(host => order.Hosts[host])], ports);
    }

    /// <summary>Makes the plan of a stretch of the order of hosts, for discovery.</summary>
    public static PiecePlan OfHosts(JobPlan plan, long from, long to, Func<InternetAddress, bool> permits, Action<long> refuse)
    {
        var hosts = new List<long>();
        for (var position = from; position < to; position++)
        {
            var host = plan.HostAt(position);
            if (permits(plan.AddressOf(host)))
            {
                hosts.Add(host);
            }
            else
            {
                refuse(position);
            }
        }

        hosts.Sort();
        var ports = new ProbePorts[hosts.Count];
        Array.Fill(ports, plan.Ports);
        return new PiecePlan(plan, [.. hosts], ports);
    }

    /// <inheritdoc/>
    public Target HostAt(ulong host) => _plan.Targets.HostAt((ulong)_hosts[host]);

    /// <inheritdoc/>
    public ProbePorts PortsOf(ulong host) => _ports[host];
}
