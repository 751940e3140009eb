using Portolan.Scan.Results;
using Portolan.Scan.Targets;

namespace Portolan.Scan.Engine;

/// <summary>
/// How many of a run's targets have their result. A target that was never asked, or asked and not waited for to the end, may have been
/// missed, whatever ended the run.
/// </summary>
internal sealed class RunCoverage(ScanSettings settings)
{
    private ulong _hostsMet;
    private ulong _portsMet;

    public long AnsweredPorts { get; private set; }

    /// <summary>Ports without a result, those of hosts that were not looked for among them.</summary>
    public long UnfinishedPorts { get; private set; }

    /// <summary>Hosts that were not looked for to the end.</summary>
    public long UnfinishedHosts { get; private set; }

    /// <summary>Hosts that answered and then stopped.</summary>
    public long StoppedHosts { get; private set; }

    /// <summary>Adds a group that is over, or that the end of the run cut short.</summary>
    public void Add(HostGroup group)
    {
        _hostsMet += (ulong)group.Count;
        for (var host = 0; host < group.Count; host++)
        {
            var status = group.StatusOf(host);
            var ports = group.PortsOf(host).Count;
            _portsMet += (ulong)ports;
            if (settings.ListOnly)
            {
                continue;
            }

            AddHosts(status == HostStatus.Unknown ? 1 : 0);
            StoppedHosts += group.StoppedAfter(host) is null ? 0 : 1;
            AnsweredPorts += group.AnsweredCount(host);
            AddPorts(status == HostStatus.Unknown ? Share(ports) : group.UnfinishedPorts(host, Share(ports)));
        }
    }

    /// <summary>Adds the targets of groups that were not begun.</summary>
    public void AddRest(ITargetPlan plan)
    {
        if (!settings.ListOnly)
        {
            AddHosts((long)Math.Min(long.MaxValue / 4, plan.HostCount - Math.Min(plan.HostCount, _hostsMet)));
            AddPorts(Share((long)Math.Min(long.MaxValue / 4, plan.ProbeCount - Math.Min(plan.ProbeCount, _portsMet))));
        }
    }

    private void AddHosts(long count) => UnfinishedHosts += settings.Discovery.Skip ? 0 : count;

    private void AddPorts(long count) => UnfinishedPorts += settings.DiscoveryOnly ? 0 : count;

    private long Share(long ports)
    {
        var shards = Math.Max(1, settings.ShardCount);
        return (ports + shards - 1) / shards;
    }
}
