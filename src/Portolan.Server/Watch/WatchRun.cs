using Portolan.Model.Documents;
using Portolan.Model.Invocation;
using Portolan.Server.Hosting;
using Portolan.Store;
using Portolan.Watch.Documents;
using Portolan.Watch.Watching;

namespace Portolan.Server.Watch;

/// <summary><c>portolan watch</c>: what changes on this machine's ports, until Ctrl-C or SIGTERM.</summary>
/// <param name="invocation">What was asked.</param>
/// <param name="streams">What it prints to.</param>
internal sealed class WatchRun(WatchInvocation invocation, ServerStreams streams)
{
    private static readonly TimeProvider Clock = TimeProvider.System;

    private readonly HashSet<string> _said = new(StringComparer.Ordinal);

    /// <summary>Watches.</summary>
    /// <exception cref="PortolanException">The first look failed.</exception>
    internal async Task<ExitCode> RunAsync()
    {
        using var end = invocation.For is { } time ? new CancellationTokenSource(time, Clock) : new CancellationTokenSource();
        using var signals = new SignalCatcher(_ => end.Cancel());
        var machine = Environment.MachineName;
        var watch = new MachineWatch(ThisMachine.Open, OpenStore, Clock, machine);
        try
        {
            var first = watch.Look(end.Token);
            SayReady(first, machine);
            Say(first);
            while (true)
            {
                await Task.Delay(invocation.Every, Clock, end.Token);
                if (Look(watch, end.Token) is { } look)
                {
                    Say(look);
                }
            }
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            return ExitCode.Success;
        }
    }

    // What fails once may succeed at the next look, which finds what this one missed.
    private MachineLook? Look(MachineWatch watch, CancellationToken cancellationToken)
    {
        try
        {
            return watch.Look(cancellationToken);
        }
        catch (PortolanException exception)
        {
            streams.Error.WriteLine(
                $"portolan: this look failed, the next is in {DurationText.Format(invocation.Every)}: {exception.Message}");
            return null;
        }
    }

    private HistoryStore OpenStore() => HistoryStore.OpenForWriting(
        invocation.Store, Clock.GetUtcNow(), notice => streams.Error.WriteLine($"portolan: {TerminalText.Escape(notice)}"));

    private void SayReady(MachineLook look, string machine)
    {
        if (invocation.Json)
        {
            JsonOutput.WriteLine(
                streams.Bytes, ReadyLine.Of(look, machine, invocation.Store, invocation.Every), WatchDocuments.Default.ReadyLine);
        }

        streams.Error.WriteLine(
            $"portolan: watching the ports of {TerminalText.Escape(machine)}, a look every {DurationText.Format(invocation.Every)}; "
                + $"changes are stored in {TerminalText.Escape(invocation.Store)}");
    }

    private void Say(MachineLook look)
    {
        foreach (var facts in look.Missing.GroupBy(static fact => fact.Why, StringComparer.Ordinal))
        {
            var what = string.Join(", ", facts.Select(static fact => fact.What).Distinct(StringComparer.Ordinal));
            if (_said.Add(facts.Key))
            {
                streams.Error.WriteLine($"portolan: unknown: {TerminalText.Escape($"{what}: {facts.Key}")}");
            }
        }

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
    }
}
