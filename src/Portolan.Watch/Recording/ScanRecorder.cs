using Portolan.Scan.Results;
using Portolan.Scan.Targets;
using Portolan.Watch.Snapshots;

namespace Portolan.Watch.Recording;

/// <summary>Adds a scan to the store while it runs: each host as soon as it is finished.</summary>
/// <param name="recorder">The run. A store that cannot be written ends the recording, not the scan.</param>
/// <param name="failed">Takes why the recording ended.</param>
public sealed class ScanRecorder(RunRecorder recorder, Action<PortolanException> failed) : IScanObserver
{
    /// <summary>Why nothing more is stored; <c>null</c> while all is well.</summary>
    public PortolanException? Failure { get; private set; }

    /// <inheritdoc/>
    public void Started(ScanStart run)
    {
    }

    /// <inheritdoc/>
    public void HostFound(HostResult host)
    {
    }

    /// <inheritdoc/>
    public void PortFound(Target target, in PortResult port)
    {
    }

    /// <inheritdoc/>
    public void HostFinished(HostReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        if (report.Host.Status != HostStatus.Unknown)
        {
            Try(() =>
            {
                recorder.Add(LookOf(report), report.EndedAt);
                recorder.Breathe();
            });
        }
    }

    /// <inheritdoc/>
    public void Progress(ScanProgress progress) => Try(recorder.Breathe);

    /// <inheritdoc/>
    public void Warning(string message)
    {
    }

    /// <inheritdoc/>
    public void Ended(ScanEnd balance)
    {
        ArgumentNullException.ThrowIfNull(balance);
        Try(() => recorder.End(balance.IsComplete, balance.Losses?.Whole?.Bound));
    }

    /// <summary>What a report says of a host.</summary>
    internal static HostSnapshot LookOf(HostReport report)
    {
        var host = report.Host;
        var look = new HostSnapshot(new HostKey(host.Target.Address, null))
        {
            Name = host.Target.Name,
            ReverseName = report.ReverseName,
            Status = host.Status,
            IsStatusSilent = host.Status == HostStatus.Down && !ScanSnapshotBuilder.IsAnswer(host.Reason),
        };
        if (report.IsTimedOut || host.Status != HostStatus.Up)
        {
            return look;
        }

        var hasOpen = false;
        foreach (var group in report.Groups)
        {
            look.Add(group.Protocol, PortRanges.Of(group.Ports), StateView.Of(group.State, ScanSnapshotBuilder.IsAnswer(group.Reason)));
            hasOpen |= group.State == PortState.Open;
        }

        if (hasOpen)
        {
            report.ForEachPort(port =>
            {
                if (port.State == PortState.Open && ScanSnapshotBuilder.FactsOf(port) is { } facts)
                {
                    look.Set(new EndpointKey(port.Port.Protocol, port.Port.Port), facts);
                }
            });
        }

        return look;
    }

    private void Try(Action action)
    {
        if (Failure is not null)
        {
            return;
        }

        try
        {
            action();
        }
        catch (PortolanException exception)
        {
            Failure = exception;
            failed(exception);
        }
    }
}
