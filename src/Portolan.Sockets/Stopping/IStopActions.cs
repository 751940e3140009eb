using Portolan.Sockets.Owners;

namespace Portolan.Sockets.Stopping;

/// <summary>What a stop does to the machine; tests bring their own.</summary>
public interface IStopActions
{
    /// <summary>Asks systemd to stop units and waits for it. Returns <c>null</c> when they stopped, else what it said.</summary>
    /// <param name="units">The units.</param>
    /// <param name="user">The user whose manager has them; <c>null</c> for that of the machine.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    StopFailure? StopUnits(IReadOnlyList<string> units, uint? user, CancellationToken cancellationToken);

    /// <summary>Whether a container's engine says that it runs.</summary>
    bool IsRunning(ContainerInfo container);

    /// <summary>
    /// Asks a runtime to stop a container, and to kill it after <paramref name="timeout"/>. Returns <c>null</c> when it stopped.
    /// </summary>
    StopFailure? StopContainer(ContainerInfo container, TimeSpan timeout, CancellationToken cancellationToken);

    /// <summary>Opens a process for signalling; <c>null</c> when it has ended, even if its pid belongs to another process now.</summary>
    IStoppableProcess? Open(ProcessInfo process);
}

/// <summary>A process that was opened: a signal reaches it or no process.</summary>
public interface IStoppableProcess : IDisposable
{
    /// <summary>Sends a signal. Returns 0 or the error number.</summary>
    int Signal(StopSignal signal);

    /// <summary>Waits for its end.</summary>
    bool WaitForExit(TimeSpan timeout, CancellationToken cancellationToken);
}

/// <summary>Why a step failed.</summary>
/// <param name="Text">One sentence without a full stop. Hostile text.</param>
/// <param name="NeedsPrivilege">Whether privilege was missing.</param>
public sealed record StopFailure(string Text, bool NeedsPrivilege);
