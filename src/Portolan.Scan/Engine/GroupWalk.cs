using Portolan.Scan.Order;
using Portolan.Scan.Targets;

namespace Portolan.Scan.Engine;

/// <summary>
/// Cuts a plan into groups of hosts. One that fits into a group is one group; of a larger one, a permutation picks each group's hosts.
/// </summary>
internal sealed class GroupWalk
{
    private readonly ITargetPlan _plan;
    private readonly ScanSettings _settings;
    private readonly IndexPermutation? _order;
    private readonly int _maxHosts;

    /// <summary>Prepares the walk; the same plan and settings are cut the same way.</summary>
    public GroupWalk(ITargetPlan plan, ScanSettings settings)
    {
        _plan = plan;
        _settings = settings;
        _maxHosts = MaxHosts(settings.Timing);
        var isOne = plan.HostCount <= (ulong)_maxHosts && (plan.ProbeCount <= HostGroup.MaxProbes || plan.HostCount <= 1);
        _order = isOne ? null : settings.OrderOf(plan.HostCount, settings.Seed);
    }

    /// <summary>The groups, each made when it is asked for.</summary>
    public IEnumerable<HostGroup> Groups()
    {
        var silence = SilenceMeaning.For(_settings.Tcp);
        var numbers = new List<ulong>();
        ulong probes = 0;
        for (ulong position = 0; position < _plan.HostCount; position++)
        {
            var host = _order?.At(position) ?? position;
            var ports = (ulong)_plan.PortsOf(host).Count;
            if (numbers.Count > 0 && (numbers.Count >= _maxHosts || probes + ports > HostGroup.MaxProbes))
            {
                yield return new HostGroup(_plan, numbers, silence);
                numbers.Clear();
                probes = 0;
            }

            numbers.Add(host);
            probes += ports;
        }

        if (numbers.Count > 0)
        {
            yield return new HostGroup(_plan, numbers, silence);
        }
    }

    // All hosts of a group share its time, so with a time limit for each host groups stay small, as nmap's do.
    private static int MaxHosts(TimingSettings timing)
    {
        const int PatientGroup = 1024;
        var most = timing.HostTimeout > TimeSpan.Zero ? PatientGroup : HostGroup.MaxHosts;
        most = timing.MaxHostGroup > 0 ? Math.Min(most, timing.MaxHostGroup) : most;
        return Math.Clamp(Math.Max(most, timing.MinHostGroup), 1, HostGroup.MaxHosts);
    }
}
