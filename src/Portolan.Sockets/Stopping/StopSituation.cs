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

    /// <summary>Whether a process belongs to a unit of a user's own manager, which the system's systemctl does not know.</summary>
    public Func<ProcessInfo, bool> IsUserUnit { get; init; } = static _ => false;

    /// <summary>Whether the API of a container's runtime can be reached.</summary>
    public Func<ContainerInfo, bool> HasRuntime { get; init; } = static _ => false;

    /// <summary>Whether this is root, whom sudo gives nothing more.</summary>
    public bool IsRoot { get; init; }

    /// <summary>Whether the person insists (<c>--force</c>).</summary>
    public bool Force { get; init; }

    /// <summary>The situation of this process on this machine.</summary>
    public static StopSituation Read(ProcessReader processes, bool force)
    {
        var self = Environment.ProcessId;
        return new StopSituation
        {
            OwnLineage = processes.ReadAncestry(self, ProcessFields.None).Select(p => p.Pid).ToHashSet(),
            OwnUnit = processes.Read(self, ProcessFields.Cgroup)?.Unit,
            HasSystemd = KernelStopActions.IsSystemdRunning && KernelStopActions.Systemctl is not null,
            IsUserUnit = static process => IsUnderUserManager(process.Pid),

            // A runtime that told the container's name can be asked to stop it.
            HasRuntime = static container => container is { Runtime: "docker" or "podman", Name: not null },
            IsRoot = Environment.IsPrivilegedProcess,
            Force = force,
        };
    }

    /// <summary>A user's manager keeps its units below its own (<c>/user.slice/…/user@1000.service/…</c>).</summary>
    private static bool IsUnderUserManager(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cgroup").Contains("/user@", StringComparison.Ordinal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
