namespace Portolan.Sockets.Owners;

/// <summary>What to read of a process besides its name, parent and start. The fewer, the fewer files are read per process.</summary>
[Flags]
public enum ProcessFields
{
    /// <summary>Name, parent and start only.</summary>
    None = 0,

    /// <summary>The arguments.</summary>
    CommandLine = 1,

    /// <summary>The effective user.</summary>
    User = 2,

    /// <summary>Unit and container.</summary>
    Cgroup = 4,

    /// <summary>When it started, as a time of day.</summary>
    StartedAt = 8,

    /// <summary>Working directory and program file.</summary>
    Paths = 16,

    /// <summary>What the machine formats carry of an owner.</summary>
    Document = CommandLine | User | Cgroup | StartedAt,

    /// <summary>Everything.</summary>
    All = Document | Paths,
}
