using Portolan.Linux.Terminals;
using Portolan.Model;
using Portolan.Scan.Results;
using Portolan.Scan.Targets;

namespace Portolan.Cli.Scanning.Live;

/// <summary>
/// What people read on stderr while a run is under way: its head, warnings, the status line, and with <c>-v</c> what is found at once.
/// </summary>
internal sealed class RunNews(TextWriter error, StatusLine status, NewsStyle style, TimeProvider clock, ITerminalKeys? keys) : IScanObserver
{
    private readonly Lock _gate = new();
    private readonly long _startedAt = clock.GetTimestamp();
    private TimeSpan _nextStatistics = style.StatsEvery ?? TimeSpan.MaxValue;

    /// <inheritdoc/>
    public void Started(ScanStart run)
    {
        if (style.WithHead)
        {
            Say($"portolan: {ScanWording.Head(run, style.SendsNothing)}");
            foreach (var note in (IEnumerable<string>)(style.Verbosity > 0 ? [.. run.Notes, .. run.Details] : run.Notes))
            {
                Say($"  {TerminalText.Escape(note)}");
            }
        }
    }

    /// <inheritdoc/>
    public void HostFound(HostResult host)
    {
        if (style.Verbosity > 1)
        {
            Say($"found: {Name(host.Target)} is up ({ScanWording.Reason(host.Reason, host.TimeToLive, null)})");
        }
    }

    /// <inheritdoc/>
    public void PortFound(Target target, in PortResult port)
    {
        if (style.Verbosity > 0 && port.State == PortState.Open)
        {
            Say($"found: {port.Port.Port.Value}/{port.Port.Protocol.Name()} is open on {Name(target)}");
        }
    }

    /// <inheritdoc/>
    public void HostFinished(HostReport report)
    {
    }

    /// <inheritdoc/>
    public void Progress(ScanProgress progress)
    {
        var elapsed = clock.GetElapsedTime(_startedAt);
        if (elapsed >= _nextStatistics)
        {
            // Ticks come twice a second: a shorter period than that prints at each.
            _nextStatistics = elapsed + style.StatsEvery!.Value;
            SayProgress(progress, elapsed);
        }
        else if (keys?.TakePressed() == true)
        {
            SayProgress(progress, elapsed);
        }

        lock (_gate)
        {
            status.Show(ScanWording.Progress(progress));
        }
    }

    /// <inheritdoc/>
    public void Warning(string message) => Say($"portolan: warning: {TerminalText.Escape(message)}");

    /// <summary>Takes a line about a packet. Any thread.</summary>
    public void Trace(string line) => Say(line);

    /// <inheritdoc/>
    public void Ended(ScanEnd balance)
    {
        status.Hide();
        if (style.WithBalance)
        {
            foreach (var line in ScanWording.Balance(balance, sendsNothing: false))
            {
                Say(line.Text);
            }
        }
        else if (!balance.IsComplete && style.SaysIncomplete && !balance.OutputFailed)
        {
            Say($"portolan: incomplete: {TerminalText.Escape(balance.Incomplete ?? "not all was scanned")}");
        }
    }

    private static string Name(Target target) =>
        target.Name is { } name ? $"{TerminalText.Escape(name)} ({target.Address})" : target.Address.ToString();

    private void SayProgress(ScanProgress progress, TimeSpan elapsed) =>
        Say($"{ScanWording.Duration(elapsed)}: {ScanWording.Progress(progress)}; {ScanWording.Count((ulong)progress.ProbesSent)} sent, "
            + $"{ScanWording.Count((ulong)progress.Replies)} answered");

    private void Say(string line)
    {
        lock (_gate)
        {
            status.Hide();
            error.WriteLine(line);
        }
    }
}

/// <summary>What goes to stderr.</summary>
internal sealed record NewsStyle
{
    /// <summary>The mode, the plan and the notes; with <c>-v</c> also the details.</summary>
    public bool WithHead { get; init; }

    /// <summary>The balance, because stdout has a format that has no place for it.</summary>
    public bool WithBalance { get; init; }

    /// <summary>That a run is not complete, because stdout says so only to programs.</summary>
    public bool SaysIncomplete { get; init; }

    /// <summary>Nothing is sent (<c>-sL</c>).</summary>
    public bool SendsNothing { get; init; }

    /// <summary>How many <c>-v</c>.</summary>
    public int Verbosity { get; init; }

    /// <summary><c>--stats-every</c>.</summary>
    public TimeSpan? StatsEvery { get; init; }
}
