using Portolan.Linux.Processes;
using Portolan.Sockets.Owners;

namespace Portolan.Sockets.Stopping;

/// <summary>
/// Stops things on this machine: units through systemctl, containers through their engine, processes through descriptors.
/// </summary>
/// <param name="processes">Where start times are read again right before a signal.</param>
/// <param name="engines">How container engines are asked.</param>
public sealed class KernelStopActions(ProcessReader processes, EngineClient engines) : IStopActions
{
    /// <summary>Units may take their own time to stop (TimeoutStopSec is 90 s unless set).</summary>
    private static readonly TimeSpan UnitPatience = TimeSpan.FromMinutes(3);

    private static readonly TimeSpan EnginePatience = TimeSpan.FromSeconds(5);

    private static readonly string[] SystemctlPaths = ["/usr/bin/systemctl", "/bin/systemctl"];

    /// <summary>Where systemctl is, or <c>null</c>. Never searched for in PATH.</summary>
    public static string? Systemctl => Array.Find(SystemctlPaths, File.Exists);

    /// <summary>Whether systemd runs this machine (sd_booted(3)).</summary>
    public static bool IsSystemdRunning => Directory.Exists("/run/systemd/system");

    /// <inheritdoc/>
    public StopFailure? StopUnits(IReadOnlyList<string> units, uint? user, CancellationToken cancellationToken)
    {
        if (Systemctl is null)
        {
            throw new PortolanException("systemctl is not installed", $"use --signal to signal the processes themselves");
        }

        if (new UnitManager(user).Run(["--no-ask-password", "stop", "--", .. units], UnitPatience, cancellationToken) is not { } result)
        {
            return new StopFailure("systemctl stop did not end", NeedsPrivilege: false);
        }

        if (result.ExitCode == 0)
        {
            return null;
        }

        var said = result.Error.AsSpan().Trim();
        var line = said.IndexOf('\n') is var end and >= 0 ? said[..end] : said;

        // systemctl(1): 4 is "insufficient privileges" of the LSB init script actions; polkit's refusals say so in words.
        var denied = result.ExitCode == 4 || said.Contains("authentication required", StringComparison.OrdinalIgnoreCase)
            || said.Contains("Access denied", StringComparison.OrdinalIgnoreCase);
        return new StopFailure(line.IsEmpty ? $"systemctl stop ended with {result.ExitCode}" : $"systemctl stop: {line}", denied);
    }

    /// <inheritdoc/>
    public bool IsRunning(ContainerInfo container) =>
        engines.FirstProcess(container.Engine, container.Id, EnginePatience, out _) is not null;

    /// <inheritdoc/>
    public StopFailure? StopContainer(ContainerInfo container, TimeSpan timeout, CancellationToken cancellationToken) =>
        engines.Stop(container.Engine, container.Id, timeout, cancellationToken);

    /// <inheritdoc/>
    public IStoppableProcess? Open(ProcessInfo process)
    {
        var handle = ProcessHandle.Open(process.Pid);
        if (handle is null)
        {
            return null;
        }

        // Read through the pid while the descriptor pins nothing: an equal start time proves that both are the same process.
        if (processes.Read(process.Pid, ProcessFields.None)?.StartTicks == process.StartTicks)
        {
            return new StoppableProcess(handle);
        }

        handle.Dispose();
        return null;
    }

    private sealed class StoppableProcess(ProcessHandle handle) : IStoppableProcess
    {
        public int Signal(StopSignal signal) => handle.Signal(signal.Number);

        public bool WaitForExit(TimeSpan timeout, CancellationToken cancellationToken) => handle.WaitForExit(timeout, cancellationToken);

        public void Dispose() => handle.Dispose();
    }
}
