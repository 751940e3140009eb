using Portolan.Sockets.Owners;

namespace Portolan.Sockets.Stopping;

/// <summary>How a step ended.</summary>
public enum StopResult
{
    /// <summary>It stopped when asked.</summary>
    Stopped,

    /// <summary>It had to be killed.</summary>
    Killed,

    /// <summary>It had ended before.</summary>
    AlreadyGone,

    /// <summary>It goes on.</summary>
    Failed,
}

/// <summary>The names of the results in the machine format.</summary>
public static class StopResultNames
{
    /// <summary><c>stopped</c>, <c>killed</c>, <c>already-gone</c> or <c>failed</c>.</summary>
    public static string Name(this StopResult result) => result switch
    {
        StopResult.Stopped => "stopped",
        StopResult.Killed => "killed",
        StopResult.AlreadyGone => "already-gone",
        _ => "failed",
    };
}

/// <summary>What became of a step.</summary>
/// <param name="Step">The step.</param>
/// <param name="Result">How it ended.</param>
/// <param name="Failure">Why, when it failed.</param>
public sealed record StopOutcome(StopStep Step, StopResult Result, StopFailure? Failure)
{
    /// <summary>The first signal to its processes; <c>null</c> where units or a container were asked.</summary>
    public StopSignal? Signal { get; init; }
}

/// <summary>Carries out a plan: asks, waits, and kills what does not listen.</summary>
/// <param name="actions">The machine.</param>
/// <param name="signal">The first signal.</param>
/// <param name="timeout">How long a process or container may take to end by itself.</param>
public sealed class StopExecutor(IStopActions actions, StopSignal signal, TimeSpan timeout)
{
    private const int NotPermitted = 1;
    private const int NoSuchProcess = 3;

    /// <summary>How long the kernel may take to end a process that was killed.</summary>
    private static readonly TimeSpan KillGrace = TimeSpan.FromSeconds(5);

    /// <summary>Does one step.</summary>
    public StopOutcome Run(StopStep step, CancellationToken cancellationToken) => step switch
    {
        StopUnits units => Outcome(step, Stop(units, cancellationToken)),
        StopContainer container => Outcome(step, actions.StopContainer(container.Container, timeout, cancellationToken)),
        StopProcesses processes => Run(processes, cancellationToken) with { Signal = signal },
        _ => throw new ArgumentException($"a step of another kind: {step.GetType().Name}", nameof(step)),
    };

    // A unit that names no command to stop its container may leave it running.
    private StopFailure? Stop(StopUnits step, CancellationToken cancellationToken) =>
        actions.StopUnits(step.Units, step.User, cancellationToken)
        ?? (step.Container is { } container && actions.IsRunning(container)
            ? actions.StopContainer(container, timeout, cancellationToken)
            : null);

    private static StopOutcome Outcome(StopStep step, StopFailure? failure) =>
        new(step, failure is null ? StopResult.Stopped : StopResult.Failed, failure);

    private StopOutcome Run(StopProcesses step, CancellationToken cancellationToken)
    {
        var open = new List<Target>();
        try
        {
            foreach (var process in step.Processes)
            {
                if (actions.Open(process) is { } handle)
                {
                    open.Add(new Target(process, handle));
                }
            }

            return open.Count == 0 ? new StopOutcome(step, StopResult.AlreadyGone, null) : Stop(step, open, cancellationToken);
        }
        finally
        {
            open.ForEach(t => t.Handle.Dispose());
        }
    }

    private StopOutcome Stop(StopStep step, List<Target> open, CancellationToken cancellationToken)
    {
        // A root's children end with it in good order; only those that outlive it are asked themselves.
        var pids = open.Select(t => t.Process.Pid).ToHashSet();
        var roots = open.Where(t => !pids.Contains(t.Process.ParentPid)).ToList();
        var refused = Signal(roots, signal);
        if (refused is not null)
        {
            return new StopOutcome(step, StopResult.Failed, refused);
        }

        var alive = Wait(open, timeout, cancellationToken);
        var left = alive.Except(roots).ToList();
        if (left.Count > 0 && left.Count == alive.Count)
        {
            refused = Signal(left, signal);
            alive = refused is null ? Wait(left, timeout, cancellationToken) : left;
        }

        if (alive.Count == 0)
        {
            return new StopOutcome(step, signal == StopSignal.Kill ? StopResult.Killed : StopResult.Stopped, null);
        }

        refused ??= Signal(alive, StopSignal.Kill);
        alive = refused is null ? Wait(alive, KillGrace, cancellationToken) : alive;
        return alive.Count == 0
            ? new StopOutcome(step, StopResult.Killed, null)
            : new StopOutcome(
                step, StopResult.Failed,
                refused ?? new StopFailure($"{Name(alive[0].Process)} did not end even when killed", NeedsPrivilege: false));
    }

    private static StopFailure? Signal(List<Target> targets, StopSignal what)
    {
        foreach (var target in targets)
        {
            var errno = target.Handle.Signal(what);
            if (errno is not 0 and not NoSuchProcess)
            {
                return errno == NotPermitted
                    ? new StopFailure($"{Name(target.Process)} belongs to another user", NeedsPrivilege: true)
                    : new StopFailure($"sending {what} to {Name(target.Process)} failed with error {errno}", NeedsPrivilege: false);
            }
        }

        return null;
    }

    /// <summary>Waits for all of them together; returns those that are still there.</summary>
    private static List<Target> Wait(List<Target> targets, TimeSpan limit, CancellationToken cancellationToken)
    {
        var started = System.Diagnostics.Stopwatch.GetTimestamp();
        var alive = new List<Target>();
        foreach (var target in targets)
        {
            var left = limit - System.Diagnostics.Stopwatch.GetElapsedTime(started);
            if (!target.Handle.WaitForExit(left > TimeSpan.Zero ? left : TimeSpan.Zero, cancellationToken))
            {
                alive.Add(target);
            }
        }

        return alive;
    }

    private static string Name(ProcessInfo process) => $"{process.ShownName} ({process.Pid})";

    private sealed record Target(ProcessInfo Process, IStoppableProcess Handle);
}
