using Portolan.Packets.Links;
using Portolan.Scan.Results;

namespace Portolan.Scan.Engine.Tracing;

/// <summary>Makes the traces of a group's hosts.</summary>
internal static class TraceTasks
{
    /// <summary>
    /// Puts the ways to neighbours into the group, which need no probe, and makes a task for each other host that is up and has no trace
    /// yet.
    /// </summary>
    /// <param name="group">The hosts.</param>
    /// <param name="routeOf">The route to a host; <c>null</c> where there is none.</param>
    /// <param name="settings">What to do.</param>
    /// <param name="isRaw">Packets of our own making may be sent.</param>
    /// <param name="shared">Hops of other traces.</param>
    public static List<TraceTask> Of(HostGroup group, Func<int, Route?> routeOf, ScanSettings settings, bool isRaw, SharedHops shared)
    {
        var tasks = new List<TraceTask>();
        var followed = new HashSet<(UInt128, ProbePort)>();
        for (var host = 0; host < group.Count; host++)
        {
            if (!group.IsActive(host) || group.TraceOf(host) is not null || routeOf(host) is not { IsLocal: false } route)
            {
                continue;
            }

            if (route.IsOnLink)
            {
                group.SetTrace(host, TraceTask.OfNeighbour(group, host));
                continue;
            }

            var probes = TraceTargets.ProbesFor(group, host, settings.ExcludedTcpPorts, isRaw);
            if (probes.Count > 0)
            {
                var prefix = TraceBoard.PrefixOf(group.AddressOf(host));
                tasks.Add(new TraceTask(group, host, probes, shared, settings.Timing.ScanDelay > TimeSpan.Zero)
                {
                    Follows = port => followed.Add((prefix, port)),
                });
            }
        }

        return tasks;
    }
}
