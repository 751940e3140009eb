using System.IO.Pipes;
using Microsoft.Win32.SafeHandles;
using Portolan.Linux;
using Portolan.Linux.Namespaces;
using Portolan.Linux.Terminals;
using Portolan.Model.Invocation;

namespace Portolan.Server.Lab;

/// <summary>
/// The part of <see cref="LabEnter"/> that is in the lab's namespace of users and in the network of the place: starts the command among the
/// lab's processes and mounts.
/// </summary>
internal static class LabGuest
{
    /// <summary>The numbers under which <see cref="LabEnter"/> passes what this part needs.</summary>
    private const int Signals = 3;

    private const int Processes = 4;

    private const int Mounts = 5;

    private const int SignalExit = 128;

    internal static async Task<int> RunAsync(LabInvocation invocation)
    {
        // Not disposed: a thread reads it until the process ends.
        var signals = new AnonymousPipeClientStream(PipeDirection.In, Own(Signals));
        using var processes = new SafeFileHandle(Processes, ownsHandle: true);
        using var mounts = new SafeFileHandle(Mounts, ownsHandle: true);
        InheritedDescriptor.CloseOnExecute(processes);
        InheritedDescriptor.CloseOnExecute(mounts);
        using var relay = new SignalRelay(signals);
        using var command = Start(invocation, processes, mounts, relay);
        relay.SendTo(command);
        var status = await command.Exited;
        return status < 0 ? SignalExit - status : status;
    }

    private static SafePipeHandle Own(int descriptor)
    {
        var handle = new SafePipeHandle(descriptor, ownsHandle: true);
        try
        {
            InheritedDescriptor.CloseOnExecute(handle);
            return handle;
        }
        catch (LinuxException exception)
        {
            handle.SetHandleAsInvalid();
            throw new PortolanException(
                "this command is internal to portolan lab enter", $"run portolan lab enter",
                ExitCode.Usage, exception);
        }
    }

    private static NamespaceProcess Start(LabInvocation invocation, SafeFileHandle processes, SafeFileHandle mounts, SignalRelay relay)
    {
        try
        {
            return NamespaceProcess.Start(new NamespaceProcessOptions(invocation.Command[0], [.. invocation.Command.Skip(1)])
            {
                Namespaces = NamespaceKinds.None,
                Environment = ServerEnvironment.Own(),
                InheritsStreams = true,
                Enters = [mounts],
                EntersProcesses = processes,
                WorkingDirectory = Environment.CurrentDirectory,
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
