using Portolan.Scan.Journal;
using Portolan.Scan.Names;
using Portolan.Scan.Results;
using Portolan.Scan.Targets;

namespace Portolan.Scan.Engine;

/// <summary>
/// One scan from its head to its balance: group after group of hosts, each discovered, named, probed and reported. What probes is handed in
/// (<see cref="IGroupProber"/>), as are the clock and the observers, so a whole run happens in virtual time in a simulation.
/// </summary>
/// <remarks>All observers are called on the thread that calls <see cref="Run"/>.</remarks>
public sealed class ScanRun
{
    /// <summary>The hosts and ports.</summary>
    public required ITargetPlan Plan { get; init; }

    /// <summary>What to do with them.</summary>
    public required ScanSettings Settings { get; init; }

    /// <summary>What probes them. The run does not dispose of it. Not used by <see cref="ScanSettings.ListOnly"/>.</summary>
    public required IGroupProber Prober { get; init; }

    /// <summary>Who hears what is found.</summary>
    public required IReadOnlyList<IScanObserver> Observers { get; init; }

    /// <summary>Wall time and the time that waits are measured in.</summary>
    public required TimeProvider Clock { get; init; }

    /// <summary>Why the prober's mode was taken, for people, such as <c>no CAP_NET_RAW</c>.</summary>
    public required string Why { get; init; }

    /// <summary>Further lines for the head of the run.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>What is probed for, for the head of the run (<see cref="ScanPart.ListOf"/>).</summary>
    public IReadOnlyList<ScanPart> Parts { get; init; } = [];

    /// <summary>Reverse names; <c>null</c> for none, whatever the settings say.</summary>
    public IReverseNames? Names { get; init; }

    /// <summary>Traces the way to hosts that are up, after their ports; <c>null</c> for not.</summary>
    public IRouteTracer? Tracer { get; init; }

    /// <summary>
    /// Keeps what is found, or brings what an earlier process found, which observers hear again; <c>null</c> for none. The settings and the
    /// plan must be the journal's. The run ends it: the file is removed when nothing is left to do.
    /// </summary>
    public ScanJournal? Journal { get; init; }

    /// <summary>
    /// Runs to the end, or until interrupted: then what was found so far is reported as partial, and all is closed in order.
    /// </summary>
    /// <returns>The balance, as observers heard it.</returns>
    /// <remarks>
    /// What a prober or an observer throws is thrown here too, after every other observer heard <see cref="IScanObserver.Ended"/>. A
    /// cancellation is not an error: the balance says that the run is not complete.
    /// </remarks>
    public ScanEnd Run(CancellationToken cancellation)
    {
        var progress = new RunProgress(this, cancellation);
        progress.Start();
        try
        {
            foreach (var group in new GroupWalk(Plan, Settings).Groups())
            {
                new GroupRun(this, progress, group).Run();
                if (progress.IsStopping)
                {
                    break;
                }
            }
        }
        catch (Exception exception)
        {
            progress.End(exception.Message);
            throw;
        }

        return progress.End(null);
    }
}

/// <summary>Finds the hops on the way to hosts that were scanned (<c>--traceroute</c>).</summary>
public interface IRouteTracer
{
    /// <summary>
    /// Traces the way to each host of a group that is up, and to some of its filtered ports; hosts whose trace is known (resumed) are left
    /// alone.
    /// </summary>
    /// <param name="group">The hosts. What is found goes into it.</param>
    /// <param name="watch">Takes progress; says when to stop.</param>
    void Trace(HostGroup group, IProbeWatch watch);
}
