using System.Globalization;
using System.IO.Pipes;
using System.Runtime.InteropServices;
using Portolan.Lab.Attaching;
using Portolan.Lab.Running;
using Portolan.Lab.Running.Listing;
using Portolan.Lab.Scenarios.Holding;
using Portolan.Lab.Topology;
using Portolan.Linux;
using Portolan.Linux.Namespaces;
using Portolan.Linux.Netlink;
using Portolan.Linux.Proc;
using Portolan.Linux.Terminals;
using Portolan.Model.Invocation;
using Portolan.Server.Hosting;

namespace Portolan.Server.Lab;

/// <summary>
/// <c>lab run</c>, the part in the lab's namespaces: attaches the lab, runs the command, and ends with it. It is the first process there,
/// so all others end with it.
/// </summary>
internal sealed class LabInside(LabInvocation invocation, ServerStreams streams)
{
    /// <summary>The numbers under which <see cref="LabRun"/> passes its pipes.</summary>
    private const string SignalsDescriptor = "3";

    private const string ReadyDescriptor = "4";

    private const int LoopbackIndex = 1;

    private const int SignalExit = 128;

    /// <summary>How long the lab may take to end, its capture file included.</summary>
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(2);

    /// <summary>How long a command waits for services that have something to do before they answer.</summary>
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(2);

    internal async Task<int> RunAsync()
    {
        // Not disposed: a thread reads it until the process ends.
        var signals = Open(PipeDirection.In, SignalsDescriptor);
        await using var ready = Open(PipeDirection.Out, ReadyDescriptor);
        using var relay = new SignalRelay(signals);
        OwnChildren.ReapOrphans();
        var topology = LabLibrary.Load(invocation.Topology!);
        var lesson = await LessonHold.FindAsync(invocation, topology);
        topology = topology with { Vantage = topology.ResolveVantage() };
        List<string> problems = [];
        var mounts = LabMounts.Make(problems);
        LinkRequests.SetUp(LoopbackIndex);
        await using var capture = CaptureOutput.Open(invocation);
        var link = LabAttachment.Open(topology, AttachmentKind.Any, TimeProvider.System);
        var environment = ServerEnvironment.Own();
        LabMounts.AddTo(environment, mounts.Folder);
        if (invocation.Self is { } self)
        {
            mounts.AddProgram(self, invocation.Host);
        }

        var lab = new VirtualNetwork(topology, new VirtualNetworkOptions
        {
            Seed = invocation.Seed,
            Capture = capture,
            CaptureView = CaptureOutput.ViewOf(invocation, topology),
            Vantage = link,
            AllowExec = invocation.AllowsExec,
            ExecEnvironment = environment,
        });
        int exitCode;
        try
        {
            lab.Start();
            await using var listing = ListingServer.Start(lab, mounts.SocketPath);
            mounts.Fill(topology, lab.Directory, lab.Certificates.AuthorityPem, problems);
            problems.ForEach(problem => streams.Error.WriteLine($"portolan: {TerminalText.Escape(problem)}"));
            using var places = new PlaceKeeper(lab, topology);
            await using var server = invocation.IsAlone ? null : PlaceServer.Start(places, LabPlaces.Of(topology), mounts.PlacesPath);
            await Task.WhenAny(lab.Started, lab.Ended, Task.Delay(StartPatience));
            var broken = Task.WhenAny([lab.Ended, .. capture is null ? (Task[])[] : [capture.Failed]]);
            var choice = (invocation.Place ?? lesson?.Plan.Host) is { } name ? LabPlaces.Of(topology).Choose(name) : null;
            using var held = lesson is null ? null : await HoldAsync(lesson, topology, places, choice);
            ShellPrompt.AddTo(environment, invocation.Command, topology.Name, choice?.Name);
            exitCode = invocation.Command.Count == 0
                ? await WaitAsync(broken, relay, ready)
                : await RunAsync(broken, environment, choice is null ? null : (await places.OpenAsync(choice)).Network, relay, ready);
            capture?.ThrowIfFailed();
        }
        finally
        {
            TellLosses(lab);
            await Task.WhenAny(lab.DisposeAsync().AsTask(), Task.Delay(EndPatience));
        }

        capture?.Finish();
        return exitCode;
    }

    private static async Task<int> WaitAsync(Task<Task> broken, SignalRelay relay, Stream ready)
    {
        TellReady(ready);
        await EndOf(relay.Signalled, broken);
        return SignalExit + await relay.Signalled;
    }

    private async Task<int> RunAsync(
        Task<Task> broken, Dictionary<string, string> environment, SafeHandle? place, SignalRelay relay, Stream ready)
    {
        using var command = Start(environment, place, relay);
        relay.SendTo(command);
        TellReady(ready);
        await EndOf(command.Exited, broken);
        var status = await command.Exited;
        return status < 0 ? SignalExit - status : status;
    }

    private async Task<HeldSockets> HoldAsync(LessonHold lesson, LabTopology topology, PlaceKeeper places, PlaceChoice? choice)
    {
        var names = LabPlaces.Of(topology);
        var held = await HeldSockets.OpenAsync(lesson.Plan, host => places.OpenAsync(names.Choose(host)!));
        lesson.Tell(streams.Error, held, choice?.Name ?? LabPlaces.Vantage);
        return held;
    }

    private static void TellReady(Stream ready) => ready.Write("\n"u8);

    /// <summary>What the topology lost, and what was lost for want of room: an observer that counts answers must know.</summary>
    private void TellLosses(VirtualNetwork lab)
    {
        foreach (var way in lab.Traffic.Where(static t => t.Lost > 0))
        {
            streams.Error.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"portolan: {way.Name} lost {way.Lost:N0} of {way.Packets:N0} packets, as its loss and bandwidth settings require"));
        }

        var lost = lab.OverflowCount + (InterfaceDrops.Read(LabAttachment.InterfaceName) ?? 0);
        if (lost > 0)
        {
            streams.Error.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"portolan: {lost} packets were lost because they arrived faster than the lab could process them"));
        }
    }

    /// <summary>Waits for it, or for the lab or its capture to break.</summary>
    private static async Task EndOf(Task awaited, Task<Task> broken)
    {
        if (await Task.WhenAny(awaited, broken) == awaited)
        {
            return;
        }

        switch (await broken)
        {
            case Task<IOException> { Result: var failure }:
                throw failure;
            case { IsFaulted: true } lab:
                await lab;
                break;
            default:
                await awaited;
                break;
        }
    }

    private static AnonymousPipeClientStream Open(PipeDirection direction, string descriptor)
    {
        try
        {
            var pipe = new AnonymousPipeClientStream(direction, descriptor);

            // The command must not have it. Where the kernel closes what is left open (Linux 5.11) it would not get it anyway.
            InheritedDescriptor.CloseOnExecute(pipe.SafePipeHandle);
            return pipe;
        }
        catch (Exception exception) when (exception is ArgumentException or IOException or LinuxException)
        {
            throw new PortolanException(
                "this command is internal to portolan lab run", $"run portolan lab run",
                ExitCode.Usage, exception);
        }
    }

    private NamespaceProcess Start(Dictionary<string, string> environment, SafeHandle? place, SignalRelay relay)
    {
        try
        {
            return NamespaceProcess.Start(new NamespaceProcessOptions(invocation.Command[0], [.. invocation.Command.Skip(1)])
            {
                Namespaces = NamespaceKinds.None,
                Environment = environment,
                InheritsStreams = true,
                Enters = place is null ? [] : [place],
                FeignsUserChanges = UserChanges.AreForbidden(),
                Made = pid =>
                {
                    relay.Expect();
                    if (invocation.IsShell)
                    {
                        ForegroundGroup.GiveTo(pid);
                    }
                },
            });
        }
        catch (NamespaceProcessException exception)
        {
            throw new PortolanException(
                $"cannot {exception.Message}", $"the words after -- are a program and its arguments", ExitCode.Failed, exception);
        }
    }
}
