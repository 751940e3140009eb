using System.IO.Pipes;
using System.Runtime.InteropServices;
using Portolan.Lab.Attaching;
using Portolan.Linux.Namespaces;
using Portolan.Linux.Terminals;
using Portolan.Model.Invocation;
using Portolan.Server.Hosting;

namespace Portolan.Server.Lab;

/// <summary>
/// <c>lab enter</c> and <c>lab exec</c>: a shell or a command in a lab that runs already, at its vantage or at the place of a host; where
/// none runs, in one that is started for it.
/// </summary>
/// <remarks>
/// The command stays in the caller's session, so that the terminal is its own. Between the two is a part in the lab's namespace of users
/// and in the place's network (<see cref="LabGuest"/>): a process with threads, as this one, can enter no namespace of users.
/// </remarks>
internal sealed class LabEnter(LabInvocation invocation, ServerStreams streams)
{
    private const int SignalExit = 128;

    internal async Task<int> RunAsync()
    {
        var isShell = invocation.Command.Count == 0;
        var asked = isShell ? invocation with { Command = [Shell()] } : invocation;
        if (await RunningLab.FindAsync(invocation.Topology!) is not { } lab)
        {
            return await new LabRun(asked with { Action = LabAction.Run, IsAlone = !isShell }, streams).RunAsync();
        }

        var choice = invocation.Place is { } place ? lab.Places.Choose(place) : null;
        var command = CommandFinder.Find(asked);
        using var users = lab.OpenNamespace("user");
        using var mounts = lab.OpenNamespace("mnt");
        using var processes = lab.OpenNamespace("pid");
        using var network = lab.OpenNetwork(choice);
        if (mounts is null || processes is null)
        {
            throw new PortolanException(
                $"this shell is already inside the lab {lab.Places.Lab}", $"run portolan lab enter in a "
                    + $"terminal outside the lab", ExitCode.Usage);
        }

        using var signals = new AnonymousPipeServerStream(PipeDirection.Out, HandleInheritability.None);
        var terminal = ForegroundGroup.Own();
        var environment = ServerEnvironment.Own();
        LabMounts.AddTo(environment, lab.Folder);
        ShellPrompt.AddTo(environment, command, lab.Places.Lab, choice?.Name);
        var guest = new LabInvocation(LabAction.Guest)
        {
            Command = command,
            Debug = invocation.Debug,
            IsShell = terminal is not null && InteractiveShell.Is(command),
        };
        using var process = Start(environment, guest, signals, users is null ? [network] : [users, network], [processes, mounts]);
        using var catcher = new SignalCatcher(number => LabRun.Tell(signals, number));
        signals.DisposeLocalCopyOfClientHandle();
        var status = await process.Exited;
        terminal?.Restore();
        return status < 0 ? SignalExit - status : status;
    }

    private static NamespaceProcess Start(
        Dictionary<string, string> environment, LabInvocation guest, AnonymousPipeServerStream signals, IReadOnlyList<SafeHandle> enters,
        IReadOnlyList<SafeHandle> passed)
    {
        try
        {
            return NamespaceProcess.Start(new NamespaceProcessOptions(OwnProgram.Path, OwnProgram.Words(guest))
            {
                Namespaces = NamespaceKinds.None,
                Environment = environment,
                InheritsStreams = true,
                Enters = enters,
                Descriptors = [signals.ClientSafePipeHandle, .. passed],
            });
        }
        catch (NamespaceProcessException exception)
        {
            throw new PortolanException(
                $"the lab cannot be entered: cannot {exception.Message}", $"enter it as the user who started it, or as root",
                ExitCode.NoPrivilege, exception);
        }
    }

    /// <summary>The person's own shell.</summary>
    private static string Shell() =>
        Environment.GetEnvironmentVariable("SHELL") is { } shell && Path.IsPathFullyQualified(shell) && NamespaceProcess.IsProgram(shell)
            ? shell
            : "/bin/sh";
}
