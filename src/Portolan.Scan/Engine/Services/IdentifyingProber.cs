using Portolan.Scan.Engine.Connecting;
using Portolan.Scan.Identification;
using Portolan.Scan.Results;

namespace Portolan.Scan.Engine.Services;

/// <summary>
/// Runs another prober, then identifies the service of each open port (<c>-sV</c>). A port is reported when its service is known.
/// </summary>
/// <param name="ports">Finds hosts and ports; disposed with this.</param>
/// <param name="identifier">Asks.</param>
/// <param name="settings">The order of the run.</param>
public sealed class IdentifyingProber(IGroupProber ports, ServiceIdentifier identifier, ScanSettings settings) : IGroupProber
{
    /// <summary>Beyond the passes of all other stages.</summary>
    private const int IdentifyPasses = 2 * ConnectProber.HandshakePasses;

    /// <summary>What is disposed of last, in this order.</summary>
    public IReadOnlyList<IDisposable> Beside { get; init; } = [];

    /// <inheritdoc/>
    public ScanMode Mode => ports.Mode;

    /// <inheritdoc/>
    public IReadOnlyList<string> Notes => ports.Notes;

    /// <inheritdoc/>
    public ProbeBalance Balance => ports.Balance;

    /// <inheritdoc/>
    public bool AsksServices => true;

    /// <inheritdoc/>
    public void Discover(HostGroup group, ProbeCursor from, IProbeWatch watch) => ports.Discover(group, from, watch);

    /// <inheritdoc/>
    public void Probe(HostGroup group, ProbeCursor from, IProbeWatch watch)
    {
        if (from.Pass >= IdentifyPasses)
        {
            // An earlier process had found all ports.
            group.HoldOpen(HeldPorts.Open);
            try
            {
                Identify(group, watch);
            }
            finally
            {
                group.ReleaseOpen();
            }

            return;
        }

        var standing = new NullProbeMonitor(watch, from);
        group.HoldOpen(HeldPorts.Open);
        try
        {
            ports.Probe(group, from, standing);
            if (!watch.IsStopping)
            {
                Identify(group, standing);
            }
        }
        finally
        {
            group.ReleaseOpen();
        }

        if (watch.IsStopping)
        {
            standing.TellPlace();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ports.Dispose();
        foreach (var one in Beside)
        {
            one.Dispose();
        }
    }

    private void Identify(HostGroup group, IProbeWatch watch)
    {
        var queue = ServiceQueue.Of(group, settings, identifier.MaxSilentPorts);
        foreach (var host in queue.CutHosts)
        {
            watch.Warn($"{group[host].Address} answers on every port: only its {ServiceQueue.MaxPortsOfSuch} most "
                + $"common ports are identified");
        }

        if (queue.SilentLeftOut > 0)
        {
            watch.Warn($"{queue.SilentLeftOut:N0} silent UDP ports are not identified: the limit is "
                + $"{ServiceQueue.MaxSilentPorts:N0} at once");
        }

        if (queue.Count == 0)
        {
            return;
        }

        var leftOut = group.FactsLeftOut;
        group.BeginHearing(queue.Ports.Select(static port => port.Host));
        using var stop = new CancellationTokenSource();
        using var stage = new ServiceStage(group, queue, identifier, stop.Token);
        while (!stage.Work(TimeSpan.FromMilliseconds(50)))
        {
            watch.Tick(new StageStatus("services", stage.Done, null, new ProbeCursor(IdentifyPasses, 0)));
            if (watch.IsStopping)
            {
                stop.Cancel();
                stage.Drain();
                break;
            }
        }

        foreach (var (reason, count) in stage.NotSent)
        {
            watch.Warn($"{count:N0} {(count == 1 ? "port was" : "ports were")} not asked what {(count == 1 ? "it is" : "they are")}: "
                + $"{reason} (on this host, after several tries)");
        }

        foreach (var (reader, exception, count) in identifier.Faults.Take())
        {
            watch.Warn($"the reader of {reader} failed on {count:N0} {(count == 1 ? "reply" : "replies")} ({exception}): a defect of this "
                + $"program; other readers continued");
        }

        if (group.FactsLeftOut > leftOut)
        {
            watch.Warn($"the facts of {group.FactsLeftOut - leftOut:N0} port(s) are left out: at most {HostGroup.MaxFactLength >> 20} "
                + $"million characters are kept at once");
        }
    }
}
