using Portolan.Model;
using Portolan.Scan.Engine.Tracing;
using Portolan.Scan.Journal;
using Portolan.Scan.Results;

namespace Portolan.Scan.Engine;

/// <summary>One group's way through a run: discovery, names, ports, reports.</summary>
internal sealed class GroupRun(ScanRun run, RunProgress progress, HostGroup group) : IProbeWatch
{
    private DateTimeOffset _startedAt = progress.Now;
    private GroupPast _past = new();
    private readonly TimeSpan _start = progress.Elapsed;
    private bool _isPortStage;
    private bool _isDone;
    private bool _isHostTimeOver;
    private bool _isHearing;
    private bool _isTracing;
    private bool _isHolding;
    private TimeSpan _portStart;

    /// <inheritdoc/>
    public bool IsStopping => progress.IsStopping;

    // Another mode has another order.
    private ProbeCursor PastCursor => run.Journal?.Header.Mode == run.Prober.Mode ? _past.Cursor : ProbeCursor.Start;

    private bool WantsPorts => !run.Settings.DiscoveryOnly && !run.Settings.ListOnly;

    /// <summary>Goes the way, or as far as it gets; what an earlier process did is taken over from the journal.</summary>
    public void Run()
    {
        try
        {
            TakeOver();
            if (!_past.IsEnded)
            {
                Discover();
                FindNames();
                ProbePorts();
                TraceRoutes();
            }

            _isDone = !IsStopping;
        }
        finally
        {
            EndHolding();
            TellFindings();
            Report();
            progress.Finish(group);
        }
    }

    /// <inheritdoc/>
    public void Warn(string message) => progress.Warn(message);

    /// <inheritdoc/>
    public void Incomplete(string why) => progress.AddGap(why);

    /// <inheritdoc/>
    public void Tick(in StageStatus status)
    {
        TellFindings();
        if (run.Journal is { } journal)
        {
            if (!_isTracing)
            {
                journal.Cursor(status.Cursor);
            }

            if (journal.Tick(progress.ElapsedInAll, progress.Balance) is { } warning)
            {
                progress.Warn(warning);
            }
        }

        if (!_isHearing && group.IsHearing)
        {
            // Hosts that were done in time waited for those that were not: their time begins anew.
            _isHearing = true;
            (_portStart, _isHostTimeOver) = _isHostTimeOver ? (progress.Elapsed, false) : (_portStart, false);
        }

        var timeout = run.Settings.Timing.HostTimeout;
        if (_isPortStage && !_isHostTimeOver && timeout > TimeSpan.Zero && progress.Elapsed - _portStart >= timeout)
        {
            GiveUpUnfinished();
        }

        progress.HeldOpenPorts = group.HeldOpen;
        progress.Tick(status, group.Count, _isPortStage || !WantsPorts, progress.Elapsed - _start);
    }

    private void TakeOver()
    {
        if (run.Journal is not { } journal)
        {
            return;
        }

        // A port whose service is not known yet is asked again, and told when that is over.
        _isHolding = run.Prober.AsksServices;
        if (_isHolding)
        {
            group.HoldOpen(HeldPorts.Open);
        }

        _past = journal.ReplayGroup(group, run.Settings);
        group.ReleaseAnswered();
        if (_past.IsEnded || _past.IsProbed || _past.BegunAt is null)
        {
            EndHolding();
        }

        group.LossesBefore = _past.IsEnded ? null : journal.TakeUnfinished();
        _startedAt = _past.BegunAt ?? _startedAt;
        if (_past.BegunAt is null)
        {
            journal.GroupBegun(_startedAt);
        }
        else
        {
            TellFindings(isKnown: true);
        }
    }

    private void EndHolding()
    {
        if (_isHolding)
        {
            _isHolding = false;
            group.ReleaseOpen();
        }
    }

    private void Discover()
    {
        if (run.Settings.ListOnly)
        {
            return;
        }

        // With -Pn too, and again in a resumed run: neighbours' Ethernet addresses are needed, and a neighbour without one cannot be
        // probed.
        run.Prober.Discover(group, _past.IsDiscovered ? ProbeCursor.Start : PastCursor, this);
        if (IsStopping || _past.IsDiscovered)
        {
            return;
        }

        group.JudgeSilentHosts(run.Settings.Discovery.Skip);
        TellFindings();
        run.Journal?.Discovered(group);
    }

    private void FindNames()
    {
        if (run.Names is null || run.Settings.ReverseNames == false || IsStopping || _past.IsNamed)
        {
            return;
        }

        var all = run.Settings.ReverseNames == true || run.Settings.ListOnly;
        var hosts = new List<int>();
        var addresses = new List<InternetAddress>();
        for (var i = 0; i < group.Count; i++)
        {
            if ((all || group.StatusOf(i) == HostStatus.Up) && group.NameOf(i) is null)
            {
                hosts.Add(i);
                addresses.Add(group.AddressOf(i));
            }
        }

        if (hosts.Count == 0)
        {
            return;
        }

        run.Names.Find(addresses, (place, name) => SetName(hosts[place], name), done =>
        {
            Tick(new StageStatus("reverse names", done, null, ProbeCursor.Start));
            return !IsStopping;
        });
        if (!IsStopping)
        {
            run.Journal?.Named();
        }
    }

    private void SetName(int host, string name)
    {
        group.SetName(host, name);
        run.Journal?.Name(host, name);
    }

    private void ProbePorts()
    {
        _isPortStage = WantsPorts;
        if (!WantsPorts || IsStopping)
        {
            return;
        }

        if (!_past.IsPortStage)
        {
            group.BeginPortStage(run.Settings);
            run.Journal?.PortStage();
        }

        _portStart = progress.Elapsed;
        if (group.PositionCount > 0 && !_past.IsProbed)
        {
            run.Prober.Probe(group, _past.IsPortStage ? PastCursor : ProbeCursor.Start, this);
            if (group.HasLostBanner)
            {
                progress.AddGap("some greetings could not be received");
            }
        }

        EndHolding();
        if (!IsStopping)
        {
            for (var i = 0; i < group.Count; i++)
            {
                group.JudgeSilence(i);
            }
        }
    }

    private void TraceRoutes()
    {
        if (run.Tracer is not { } tracer || IsStopping || run.Settings.ListOnly)
        {
            return;
        }

        if (!_past.IsProbed)
        {
            run.Journal?.Probed(group);
        }

        _isTracing = true;
        var known = Enumerable.Range(0, group.Count).Where(host => group.TraceOf(host) is not null).ToHashSet();
        tracer.Trace(group, this);
        if (!IsStopping && run.Names is not null && run.Settings.ReverseNames != false)
        {
            new HopNames(group, known).Find(run.Names, this);
        }

        for (var host = 0; host < group.Count; host++)
        {
            if (!known.Contains(host) && group.TraceOf(host) is { } trace)
            {
                run.Journal?.Trace(host, trace);
            }
        }
    }

    private void GiveUpUnfinished()
    {
        _isHostTimeOver = true;
        for (var i = 0; i < group.Count; i++)
        {
            var isUnfinished = !group.IsSilenceJudged(i) && group.AnsweredCount(i) < group.PortsOf(i).Count;
            if (group.IsActive(i) && (_isHearing ? group.IsHeard(i) : isUnfinished))
            {
                group.GiveUp(i);
                progress.AddGap("hosts were given up by --host-timeout");
            }
        }
    }

    private void TellFindings(bool isKnown = false)
    {
        var journal = isKnown ? null : run.Journal;
        foreach (var (host, port, code) in group.TakeFindings())
        {
            if (port < 0)
            {
                var found = group.HostOf(host);
                progress.Observers.HostFound(found);

                // What silence means, a later process knows by itself.
                if (found.Reason != (run.Settings.Discovery.Skip ? ReplyReason.UserSet : ReplyReason.NoResponse))
                {
                    journal?.Host(host, found);
                }

                continue;
            }

            var result = group.ResultOf(host, port);
            journal?.Port(host, port, result);
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
        var endedAt = _past.EndedAt ?? progress.Now;
        var report = new GroupReport(group, _startedAt);
        for (var i = 0; i < group.Count; i++)
        {
            var status = group.StatusOf(i);
            progress.HostsUp += status == HostStatus.Up ? 1 : 0;
            progress.HostsDown += status == HostStatus.Down ? 1 : 0;
            if (status == HostStatus.Unknown && !run.Settings.ListOnly)
            {
                if (group.HasUnprobed(i))
                {
                    progress.AddGap("some hosts could not be probed from here");
                }

                continue;
            }

            report.MoveTo(i, endedAt, WantsPorts);
            if (report.IsPartial && !IsStopping)
            {
                progress.AddGap(report.StoppedAfter is null ? "some ports could not be probed from here" : "some hosts stopped answering");
            }

            progress.Observers.HostFinished(report);
        }

        if (_isDone && !_past.IsEnded)
        {
            run.Journal?.GroupEnded(group, endedAt);
        }
    }
}

/// <summary>Which open ports are not told when they are found, for what is known of them is not whole yet.</summary>
internal enum HeldPorts : byte
{
    None,

    /// <summary>TCP ports that only a SYN-ACK shows to be open: their handshakes follow.</summary>
    SynAcked,

    /// <summary>All open TCP ports: it is heard what their services say first.</summary>
    OpenTcp,

    /// <summary>All open ports: they are asked what they are.</summary>
    Open,
}
