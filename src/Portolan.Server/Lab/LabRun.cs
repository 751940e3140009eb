using System.Globalization;
using System.IO.Pipes;
using Portolan.Lab.Topology;
using Portolan.Linux.Namespaces;
using Portolan.Linux.Privilege;
using Portolan.Linux.Terminals;
using Portolan.Model.Invocation;
using Portolan.Server.Hosting;

namespace Portolan.Server.Lab;

/// <summary>
/// <c>lab run</c>, the part outside: starts this program again in namespaces of its own (<see cref="LabInside"/>), and hands on signals and
/// its exit status.
/// </summary>
/// <remarks>
/// The one inside goes when this one does, however that happens: the kernel ties it to this process, and it sees the end of the pipe. With
/// it go all processes of its process namespace, its mounts and its network, and nothing of it was ever on the disk.
/// </remarks>
internal sealed class LabRun(LabInvocation invocation, ServerStreams streams)
{
    /// <summary>128 and the signal's number, as shells have it.</summary>
    private const int SignalExit = 128;

    internal async Task<int> RunAsync()
    {
        var topology = LabLibrary.Load(invocation.Topology!);
        var command = CommandFinder.Find(invocation);
        if (invocation.Place is { } place)
        {
            _ = LabPlaces.Of(topology).Choose(place);
        }

        CaptureOutput.Check(invocation, topology);
        if (command.Count == 0 && topology.Scenario is { } scenario)
        {
            return (int)await LabPlay.RunAsync(topology, scenario, invocation, streams);
        }

        if (invocation.Json)
        {
            throw new PortolanException(
                $"--json is for scenarios; the lab {topology.Name} has none",
                $"leave out --json; portolan lab list shows which labs have a scenario",
                ExitCode.Usage);
        }

        using var signals = new AnonymousPipeServerStream(PipeDirection.Out, HandleInheritability.None);
        using var ready = new AnonymousPipeServerStream(PipeDirection.In, HandleInheritability.None);
        var terminal = ForegroundGroup.Own();
        using var process = Start(
            invocation with
            {
                Action = LabAction.Inside,
                Command = command,
                IsShell = terminal is not null && InteractiveShell.Is(command)
            }, signals, ready);
        using var catcher = new SignalCatcher(number => Tell(signals, number));
        signals.DisposeLocalCopyOfClientHandle();
        ready.DisposeLocalCopyOfClientHandle();

        // It closes its end without a word when it cannot get ready, and has said why.
        using var told = new StreamReader(ready);
        if (await told.ReadLineAsync() is not null && command.Count == 0)
        {
            LabNotice.Write(streams.Error, topology);
        }

        var status = await process.Exited;
        terminal?.Restore();
        return status < 0 ? SignalExit - status : status;
    }

    private static NamespaceProcess Start(LabInvocation inside, AnonymousPipeServerStream signals, AnonymousPipeServerStream ready)
    {
        var options = new NamespaceProcessOptions(OwnProgram.Path, OwnProgram.Words(inside))
        {
            Environment = ServerEnvironment.Own(),
            InheritsStreams = true,
            Descriptors = [signals.ClientSafePipeHandle, ready.ClientSafePipeHandle],
        };
        const NamespaceKinds Others = NamespaceKinds.Network | NamespaceKinds.Mount | NamespaceKinds.Process;
        try
        {
            return NamespaceProcess.Start(options with { Namespaces = Others | NamespaceKinds.User });
        }
        catch (NamespaceProcessException exception) when (exception.Obstacle != NamespaceObstacle.Other)
        {
            return WithoutUsers(options with { Namespaces = Others })
                ?? throw new PortolanException(
                    $"a lab cannot be created here: cannot {exception.Message}", exception.Remedy, ExitCode.NoPrivilege, exception);
        }
    }

    /// <summary>Root needs no namespace of users for the others.</summary>
    private static NamespaceProcess? WithoutUsers(NamespaceProcessOptions options)
    {
        try
        {
            return CapabilitySet.Available.Has(Capability.SysAdmin) ? NamespaceProcess.Start(options) : null;
        }
        catch (NamespaceProcessException exception) when (exception.Obstacle != NamespaceObstacle.Other)
        {
            return null;
        }
    }

    internal static void Tell(AnonymousPipeServerStream signals, int number)
    {
        try
        {
            signals.WriteByte((byte)number);
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            // It has just ended.
        }
    }
}

/// <summary>What <c>lab run</c> without a command says when the lab is up.</summary>
internal static class LabNotice
{
    internal static void Write(TextWriter error, LabTopology topology)
    {
        var hosts = topology.Hosts.Aggregate(
            UInt128.Zero,
            static (sum, host) => sum + (host.IsRange ? host.Addresses.Aggregate(UInt128.Zero, static (s, r) => s + r.Count) : 1));
        var networks = topology.Networks.SelectMany(static n => n.Prefixes);
        error.WriteLine(TerminalText.Escape($"portolan: the lab {topology.Name} is up: {hosts.ToString(CultureInfo.InvariantCulture)} "
            + $"{(hosts == UInt128.One ? "host" : "hosts")} in {string.Join(", ", networks)}; Ctrl-C ends it"));
        error.WriteLine(Advice.Of($"enter it from another terminal with portolan lab enter {topology.Name}").ToHint());
    }
}
