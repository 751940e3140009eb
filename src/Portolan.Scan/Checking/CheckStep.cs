namespace Portolan.Scan.Checking;

/// <summary>One step of a check. Derived records hold the facts that it found.</summary>
public abstract record CheckStep
{
    /// <summary>The step's name in the machine formats, such as <c>connect</c>.</summary>
    public abstract string Kind { get; }

    /// <summary>When it was done.</summary>
    public required StepTime Time { get; init; }

    /// <summary>How it ended.</summary>
    public required StepResult Result { get; init; }

    /// <summary>What happened, in one line of plain words without a full stop. May hold text from outside.</summary>
    public required string Summary { get; init; }

    /// <summary>What a failure or a warning means and what to look at next; <c>null</c> when there is nothing to explain.</summary>
    public string? Meaning { get; init; }
}

/// <summary>When a step was done.</summary>
/// <param name="At">When it began, from the start of the check.</param>
/// <param name="Elapsed">How long it took.</param>
public readonly record struct StepTime(TimeSpan At, TimeSpan Elapsed);

/// <summary>How a step ended.</summary>
public enum StepResult : byte
{
    /// <summary>As it should.</summary>
    Ok,

    /// <summary>It worked, and something about it deserves a look.</summary>
    Warning,

    /// <summary>The network or the peer said no, or nothing.</summary>
    Failed,

    /// <summary>This host could not do it, which says nothing about the target.</summary>
    LocalFailure,
}

/// <summary>The names of <see cref="StepResult"/>.</summary>
public static class StepResultNames
{
    /// <summary>As the machine formats write it.</summary>
    public static string Name(this StepResult result) => result switch
    {
        StepResult.Ok => "ok",
        StepResult.Warning => "warning",
        StepResult.Failed => "failed",
        _ => "local-failure",
    };
}
