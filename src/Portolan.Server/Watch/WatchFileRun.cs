using Portolan.Model.Invocation;
using Portolan.Server.Hosting;
using Portolan.Server.Watch.Settings;
using Portolan.Watch.Alerts;

namespace Portolan.Server.Watch;

/// <summary><c>portolan watch check</c> and <c>portolan watch test</c>.</summary>
internal static class WatchFileRun
{
    /// <summary>Does it.</summary>
    /// <exception cref="PortolanException">The file cannot be read, or the receiver does not accept the message.</exception>
    internal static async Task<ExitCode> RunAsync(WatchFileInvocation invocation, ServerStreams streams) =>
        invocation.Receiver is { } receiver ? await TestAsync(invocation.File, receiver, streams) : Check(invocation.File, streams);

    // Lines as compilers write them, which editors read. They are the result, so they go to stdout.
    private static ExitCode Check(string file, ServerStreams streams)
    {
        var (settings, faults) = WatchFile.Read(file, Environment.GetEnvironmentVariable, TimeProvider.System);
        foreach (var fault in faults)
        {
            streams.Output.WriteLine($"{TerminalText.Escape(file)}:{fault}");
        }

        if (settings is null)
        {
            return ExitCode.NothingFound;
        }

        streams.Error.WriteLine($"portolan: {TerminalText.Escape(file)} has no errors");
        return ExitCode.Success;
    }

    private static async Task<ExitCode> TestAsync(string file, string name, ServerStreams streams)
    {
        var clock = TimeProvider.System;
        var settings = WatchFile.ReadOrThrow(file, Environment.GetEnvironmentVariable, clock);
        if (settings.Routes.FirstOrDefault(route => route.Name == name) is not { } route)
        {
            throw new PortolanException(
                $"{file} has no receiver '{TerminalText.Escape(name)}'",
                settings.Routes.Count == 0 ? Advice.Of($"docs/watch.md shows how to write one")
                    : $"take one of {Advice.List(settings.Routes.Select(static r => r.Name))}",
                ExitCode.Usage);
        }

        using var end = new CancellationTokenSource();
        var signal = 0;
        using var signals = new SignalCatcher(number =>
        {
            Volatile.Write(ref signal, number);
            end.Cancel();
        });
        try
        {
            await route.Receiver.SendAsync(AlertMessage.Test(Environment.MachineName, name, clock.GetUtcNow()), end.Token);
            streams.Error.WriteLine($"portolan: receiver {name} accepted a test message");
            return ExitCode.Success;
        }
        catch (AlertRefusedException refusal)
        {
            throw new PortolanException(
                $"receiver {name} did not accept a test message: {settings.Secrets.Hide(refusal.Message)}", inner: refusal);
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            return (ExitCode)(128 + Volatile.Read(ref signal));
        }
    }
}
