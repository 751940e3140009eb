namespace Portolan.Sockets.Origins;

/// <summary>Why a process runs: what is known, each fact with its source. All text is hostile.</summary>
public sealed record Origin
{
    /// <summary>Nothing is known.</summary>
    public static Origin Unknown { get; } = new();

    /// <summary>What started it: a unit, a timer, cron, a login, a supervisor, a container's engine.</summary>
    public OriginFact? StartedBy { get; init; }

    /// <summary>What would start it again when it ends, and how soon.</summary>
    public OriginFact? StartsAgain { get; init; }

    /// <summary>What chose the port: an argument, a variable, a line of a file.</summary>
    public OriginFact? PortFrom { get; init; }

    /// <summary>The git working copy that its directory lies in.</summary>
    public OriginFact? WorkingCopy { get; init; }

    /// <summary>What deserves attention.</summary>
    public IReadOnlyList<OriginWarning> Warnings { get; init; } = [];
}

/// <summary>A fact about why a process runs.</summary>
/// <param name="Code">What kind of fact, for programs: <c>systemd</c>, <c>timer</c>, <c>cron</c>, <c>login</c>, <c>argument</c>.</param>
/// <param name="Text">A clause without a full stop.</param>
/// <param name="Source">Where it was read: a file, or <c>process tree</c>.</param>
public sealed record OriginFact(string Code, string Text, string Source)
{
    /// <summary>Whether it is only likely: nothing shows that the process read the source.</summary>
    public bool IsGuess { get; init; }
}

/// <summary>What deserves attention about a process that holds a port.</summary>
/// <param name="Code">For programs: <c>deleted-program</c>, <c>root</c>, <c>world-writable</c>, <c>open-database</c>,
/// <c>development-server</c>.</param>
/// <param name="Text">A sentence without a full stop.</param>
public sealed record OriginWarning(string Code, string Text);
