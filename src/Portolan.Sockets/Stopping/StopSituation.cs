using Portolan.Sockets.Chart;
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

    /// <summary>Whether the runtime confirms that a holder belongs to its container.</summary>
    public Func<PortOwner, bool> ConfirmsContainer { get; init; } = static _ => false;

    /// <summary>Whether this is root, whom sudo gives nothing more.</summary>
    public bool IsRoot { get; init; }

    /// <summary>Whether the person insists (<c>--force</c>).</summary>
    public bool Force { get; init; }

    /// <summary>The situation of this process on this machine.</summary>
    public static StopSituation Read(ProcessReader processes, bool force)
    {
        var self = Environment.ProcessId;
        var managers = new ManagerConfirmation(processes, RuntimeContainers.UsualSockets, TimeProvider.System);
        return new StopSituation
        {
            OwnLineage = processes.ReadAncestry(self, ProcessFields.None).Select(p => p.Pid).ToHashSet(),
            OwnUnit = processes.Read(self, ProcessFields.Cgroup)?.Unit,
            HasSystemd = KernelStopActions.IsSystemdRunning && KernelStopActions.Systemctl is not null,
            ConfirmsUnit = managers.IsOfUnit,
            ConfirmsContainer = managers.IsOfContainer,
            IsRoot = Environment.IsPrivilegedProcess,
            Force = force,
        };
    }
}
