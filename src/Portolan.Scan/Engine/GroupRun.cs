using Portolan.Model;
using Portolan.Scan.Results;

namespace Portolan.Scan.Engine;

/// <summary>One group's way through a run: discovery, names, ports, reports.</summary>
internal sealed class GroupRun(ScanRun run, RunProgress progress, HostGroup group) : IProbeWatch
{
    private readonly DateTimeOffset _startedAt = progress.Now;
    private readonly TimeSpan _start = progress.Elapsed;
    private bool _isPortStage;
    private bool _isHostTimeOver;
    private TimeSpan _portStart;

    /// <inheritdoc/>
    public bool IsStopping => progress.IsStopping;

    private bool WantsPorts => !run.Settings.DiscoveryOnly && !run.Settings.ListOnly;

    /// <summary>Goes the way, or as far as it gets.</summary>
    public void Run()
    {
        try
        {
            Discover();
            FindNames();
            ProbePorts();
        }
        finally
        {
            TellFindings();
            Report();
            progress.FinishHosts(group.Count);
        }
    }

    /// <inheritdoc/>
    public void Warn(string message) => progress.Warn(message);

    /// <inheritdoc/>
    public void Tick(in StageStatus status)
    {
        TellFindings();
        var timeout = run.Settings.Timing.HostTimeout;
        if (_isPortStage && !_isHostTimeOver && timeout > TimeSpan.Zero && progress.Elapsed - _portStart >= timeout)
        {
            GiveUpUnfinished();
        }

        progress.Tick(status, group.Count, _isPortStage || !WantsPorts, progress.Elapsed - _start);
    }

    private void Discover()
    {
        if (run.Settings.ListOnly)
        {
            return;
        }

        // With -Pn too: neighbours' Ethernet addresses are needed, and a neighbour without one cannot be probed.
        run.Prober.Discover(group, ProbeCursor.Start, this);
        var (status, reason) = run.Settings.Discovery.Skip ? (HostStatus.Up, ReplyReason.UserSet) : (HostStatus.Down, ReplyReason.NoResponse);
        for (var i = 0; i < group.Count && !IsStopping; i++)
        {
            if (group.HasUnprobed(i))
            {
                progress.AddGap("some hosts could not be probed from here");
                continue;
            }

            group.SetHost(i, new HostResult(group[i], status, reason, 0, null));
        }

        TellFindings();
    }

    private void FindNames()
    {
        if (run.Names is null || run.Settings.ReverseNames == false || IsStopping)
        {
            return;
        }

        var all = run.Settings.ReverseNames == true || run.Settings.ListOnly;
        var hosts = new List<int>();
        var addresses = new List<InternetAddress>();
        for (var i = 0; i < group.Count; i++)
        {
            if (all || group.StatusOf(i) == HostStatus.Up)
            {
                hosts.Add(i);
                addresses.Add(group.AddressOf(i));
            }
        }

        if (hosts.Count == 0)
        {
            return;
        }

        run.Names.Find(addresses, (place, name) => group.SetName(hosts[place], name), done =>
        {
            Tick(new StageStatus("reverse names", done, null, ProbeCursor.Start));
            return !IsStopping;
        });
    }

    private void ProbePorts()
    {
        _isPortStage = WantsPorts;
        if (!WantsPorts || IsStopping)
        {
            return;
        }

        group.BeginPortStage(run.Settings);
        _portStart = progress.Elapsed;
        if (group.PositionCount > 0)
        {
            run.Prober.Probe(group, ProbeCursor.Start, this);
        }

        if (!IsStopping)
        {
            for (var i = 0; i < group.Count; i++)
            {
                group.JudgeSilence(i);
            }
        }
    }

    private void GiveUpUnfinished()
    {
        _isHostTimeOver = true;
        for (var i = 0; i < group.Count; i++)
        {
            if (group.IsActive(i) && !group.IsSilenceJudged(i) && group.AnsweredCount(i) < group.PortsOf(i).Count)
            {
                group.GiveUp(i);
                progress.AddGap("hosts were given up by --host-timeout");
            }
        }
    }

    private void TellFindings()
    {
        foreach (var (host, port, code) in group.TakeFindings())
        {
            if (port < 0)
            {
                progress.Observers.HostFound(group.HostOf(host));
                continue;
            }

            var result = group.ResultOf(host, port);
            if (HostPage.Unpack(code).State != result.State)
            {
                // It changed since; the change is a finding of its own.
                continue;
            }

            progress.OpenPorts += result.State == PortState.Open ? 1 : 0;
            progress.Observers.PortFound(group[host], result);
        }
    }

    private void Report()
    {
        var report = new GroupReport(group, _startedAt);
        for (var i = 0; i < group.Count; i++)
        {
            var status = group.StatusOf(i);
            progress.HostsUp += status == HostStatus.Up ? 1 : 0;
            progress.HostsDown += status == HostStatus.Down ? 1 : 0;
            if (status == HostStatus.Unknown && !run.Settings.ListOnly)
            {
                continue;
            }

            report.MoveTo(i, progress.Now, WantsPorts);
            if (report.IsPartial && !IsStopping)
            {
                progress.AddGap("some ports could not be probed from here");
            }

            progress.Observers.HostFinished(report);
        }
    }
}
