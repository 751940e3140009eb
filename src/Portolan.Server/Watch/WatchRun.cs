using Portolan.Linux;
using Portolan.Linux.Changes;
using Portolan.Model.Documents;
using Portolan.Model.Invocation;
using Portolan.Server.Hosting;
using Portolan.Store;
using Portolan.Watch.Alerts;
using Portolan.Watch.Documents;
using Portolan.Watch.Watching;

namespace Portolan.Server.Watch;

/// <summary><c>portolan watch</c>: what changes on this machine's ports, until Ctrl-C or SIGTERM.</summary>
/// <param name="invocation">What was asked.</param>
/// <param name="streams">What it prints to.</param>
internal sealed class WatchRun(WatchInvocation invocation, ServerStreams streams)
{
    private static readonly TimeProvider Clock = TimeProvider.System;

    private static readonly TimeSpan ScanEvery = TimeSpan.FromSeconds(5);

    private const int HangUp = 1;

    private readonly HashSet<string> _said = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private readonly WatchMetrics _metrics = new(Clock);
    private AlertRun? _alerts;
    private string? _trouble;

    /// <summary>Watches.</summary>
    /// <exception cref="PortolanException">The first look failed.</exception>
    internal async Task<ExitCode> RunAsync()
    {
        using var end = invocation.For is { } time ? new CancellationTokenSource(time, Clock) : new CancellationTokenSource();
        var machine = Environment.MachineName;
        using var only = WatcherLock.Take(invocation.Store);
        using var served = invocation.Metrics is { } place ? _metrics.Serve(place, SayLine) : null;
        await using var alerts = invocation.Config is { } file
            ? AlertRun.Open(file, OpenStore, machine, Environment.GetEnvironmentVariable, Clock, _metrics, SayLine) : null;
        _alerts = alerts;
        using var signals = new SignalCatcher(number =>
        {
            if (number == HangUp && alerts is not null)
            {
                _ = alerts.ReloadAsync();
                return;
            }

            end.Cancel();
        });
        try
        {
            await Task.Factory.StartNew(() => Watch(machine, end.Token), end.Token, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            return ExitCode.Success;
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            return ExitCode.Success;
        }
    }

    private void Watch(string machine, CancellationToken end)
    {
        // What changes while the first look is taken is reported, and looked at after it.
        using var changes = KernelChanges.Open();
        using var scans = new ScanWatch();
        var book = new ListenerBook(ThisMachine.ReadProcess);
        var pace = new WatchPace(() => invocation.Every ?? _alerts?.Every);
        var loop = new WatchLoop(changes, book, pace, Clock);
        var watch = new MachineWatch(ThisMachine.Open, OpenStore, Clock, machine) { Book = book };

        // What the first look costs says little about the next: it reads all that is remembered later.
        var first = watch.Look(end);
        loop.Looked(TimeSpan.Zero);
        scans.Serve(first);
        SayReady(first, machine, pace.Every, [.. UnheardChanges.Missing(changes.Unheard), .. scans.Missing]);
        Say(first);
        var asked = Clock.GetTimestamp();
        while (true)
        {
            loop.WaitForLook(
                () =>
                {
                    if (Clock.GetElapsedTime(asked) >= ScanEvery)
                    {
                        asked = Clock.GetTimestamp();
                        SayScans(scans, machine);
                    }
                },
                end);
            if (loop.HasLost && _said.Add("lost"))
            {
                SayLine("the kernel reported more changes at once than could be kept: ports that opened and closed may be missing");
            }

            if (Timed(loop, () => Look(watch, pace, end)) is { } look)
            {
                scans.Serve(look);
                Say(look);
            }
        }
    }

    private void SayScans(ScanWatch scans, string machine)
    {
        var now = Clock.GetUtcNow();
        foreach (var scan in scans.Take(now))
        {
            if (invocation.Json)
            {
                JsonOutput.WriteLine(streams.Bytes, ScannedLine.Of(scan, now, machine), WatchDocuments.Default.ScannedLine);
            }
            else
            {
                streams.Output.WriteLine(TerminalText.Escape($"{WatchEvent.Time(now, TimeZoneInfo.Local)} {machine}: {scan.Text}"));
                streams.Output.WriteLine("  portolan traffic");
            }

            streams.Flush();
            _alerts?.Notify(new AlertNotice("scanned", scan.Text));
        }
    }

    private static T Timed<T>(WatchLoop loop, Func<T> look)
    {
        var before = Environment.CpuUsage.TotalTime;
        var result = look();
        loop.Looked(Environment.CpuUsage.TotalTime - before);
        return result;
    }

    // What fails once may succeed at the next look, which finds what this one missed.
    private MachineLook? Look(MachineWatch watch, WatchPace pace, CancellationToken cancellationToken)
    {
        try
        {
            var look = watch.Look(cancellationToken);
            if (_trouble is not null)
            {
                _trouble = null;
                Report(new AlertNotice("look-recovered", "looks succeed again"), reason: null);
            }

            return look;
        }
        catch (Exception exception) when (exception is PortolanException or LinuxException or IOException)
        {
            _metrics.CountFailure();
            SayLine($"this look failed, the next is in {DurationText.Format(pace.Every)}: {exception.Message}");
            var code = exception is PortolanException fault && HistoryStore.IsDiskFull(fault) ? "disk-full" : "look-failed";
            if (code != _trouble)
            {
                _trouble = code;
                Report(new AlertNotice(code, $"looks fail: {exception.Message}"), exception.Message);
            }

            return null;
        }
    }

    private void Report(AlertNotice notice, string? reason)
    {
        if (invocation.Json)
        {
            JsonOutput.WriteLine(
                streams.Bytes, new TroubleLine(TimeText.Rfc3339(Clock.GetUtcNow()), notice.Code, Environment.MachineName, reason),
                WatchDocuments.Default.TroubleLine);
        }

        _alerts?.Notify(notice);
    }

    private HistoryStore OpenStore() => HistoryStore.OpenForWriting(
        invocation.Store, Clock.GetUtcNow(), notice => SayLine(TerminalText.Escape(notice)));

    // The receivers' tasks say something, too.
    private void SayLine(string line)
    {
        lock (_gate)
        {
            streams.Error.WriteLine($"portolan: {line}");
        }
    }

    private void SayReady(MachineLook look, string machine, TimeSpan every, IReadOnlyList<MissingFact> unheard)
    {
        if (invocation.Json)
        {
            JsonOutput.WriteLine(
                streams.Bytes, ReadyLine.Of(look with { Missing = [.. look.Missing, .. unheard] }, machine, invocation.Store, every),
                WatchDocuments.Default.ReadyLine);
        }

        SayLine(
            $"watching the ports of {TerminalText.Escape(machine)}, "
                + (unheard.Count == 0 ? "by the kernel's reports and " : "") + $"by a look every {DurationText.Format(every)}; "
                + $"changes are stored in {TerminalText.Escape(invocation.Store)}");
        SayMissing(unheard);
    }

    private void SayMissing(IEnumerable<MissingFact> missing)
    {
        foreach (var facts in missing.GroupBy(static fact => fact.Why, StringComparer.Ordinal))
        {
            var what = string.Join(", ", facts.Select(static fact => fact.What).Distinct(StringComparer.Ordinal));
            if (_said.Add(facts.Key))
            {
                SayLine($"unknown: {TerminalText.Escape($"{what}: {facts.Key}")}");
            }
        }
    }

    private void Say(MachineLook look)
    {
        SayMissing(look.Missing);
        foreach (var change in look.Events)
        {
            if (invocation.Json)
            {
                JsonOutput.WriteLine(streams.Bytes, ChangeLine.Of(change), WatchDocuments.Default.ChangeLine);
                continue;
            }

            var (what, command) = change.Lines(TimeZoneInfo.Local);
            streams.Output.WriteLine(TerminalText.Escape(what));
            streams.Output.WriteLine(TerminalText.Escape(command));
        }

        streams.Flush();
        _metrics.Count(look);
        _alerts?.Wake();
    }
}
