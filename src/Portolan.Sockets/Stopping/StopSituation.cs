using Portolan.Sockets.Binding;
using Portolan.Sockets.Owners;

namespace Portolan.Sockets.Stopping;

/// <summary>What a plan depends on besides the holders.</summary>
public sealed record StopSituation
{
    /// <summary>This program and its ancestors: stopping one of them ends the stop itself, or the person's session.</summary>
    public required IReadOnlySet<int> OwnLineage { get; init; }

    /// <summary>The unit this program runs in, or <c>null</c>.</summary>
    public string? OwnUnit { get; init; }

    /// <summary>Whether systemd runs this machine (/run/systemd/system exists) and systemctl is at hand.</summary>
    public bool HasSystemd { get; init; }

    /// <summary>Whether systemd confirms that a process belongs to a unit. Not known is no: then the process is signalled.</summary>
    public Func<ProcessInfo, string, bool> ConfirmsUnit { get; init; } = static (_, _) => false;

    /// <summary>The container that a holder is or serves, as its engine confirms.</summary>
    public Func<PortHolder, EngineAnswer> ConfirmContainer { get; init; } = static _ => EngineAnswer.No(EngineTrouble.NotHere);

    /// <summary>The systemd unit that runs a container, as systemd confirms; <c>null</c> for none.</summary>
    public Func<ContainerInfo, ContainerUnit?> UnitOfContainer { get; init; } = static _ => null;

    /// <summary>The name of a user, or <c>null</c>.</summary>
    public Func<uint, string?> UserName { get; init; } = static _ => null;

    /// <summary>Whether this is root, whom sudo gives nothing more.</summary>
    public bool IsRoot { get; init; }

    /// <summary>Whether the person insists (<c>--force</c>).</summary>
    public bool Force { get; init; }

    /// <summary>The situation of this process on this machine.</summary>
    public static StopSituation Read(ProcessReader processes, bool force, Func<uint, string?> userName)
    {
        var self = Environment.ProcessId;
        var managers = new ManagerConfirmation(processes, EngineClient.OfThisMachine(mayRunPodman: true));
        return new StopSituation
        {
            OwnLineage = processes.ReadAncestry(self, ProcessFields.None).Select(p => p.Pid).ToHashSet(),
            OwnUnit = processes.Read(self, ProcessFields.Cgroup)?.Unit,
            HasSystemd = KernelStopActions.IsSystemdRunning && KernelStopActions.Systemctl is not null,
            ConfirmsUnit = managers.IsOfUnit,
            ConfirmContainer = managers.ContainerOf,
            UnitOfContainer = managers.UnitOf,
            UserName = userName,
            IsRoot = Environment.IsPrivilegedProcess,
            Force = force,
        };
    }
}
