namespace Portolan.Sockets.Owners;

/// <summary>
/// The containers that conmon processes watch: one for each container of Podman and CRI-O, with its name and its user. Read once, when
/// first asked.
/// </summary>
/// <param name="processes">Where processes are read.</param>
internal sealed class ContainerMonitors(ProcessReader processes)
{
    private readonly Lazy<List<Watched>> _all = new(() => Read(processes));

    /// <summary>The container of an id; of several that claim it root's comes first, then the user's that is meant.</summary>
    internal ContainerInfo? Find(string id, uint? user) =>
        _all.Value.Where(w => w.Container.Id == id && (user is null || w.Container.EngineUser == user))
            .OrderByDescending(static w => w.Container.Grade).FirstOrDefault()?.Container;

    /// <summary>
    /// The container whose monitor was started together with a process: the only one of the same user in the same control group; or
    /// <c>null</c>.
    /// </summary>
    internal ContainerInfo? StartedWith(ProcessInfo process)
    {
        if (process is not { Unit: not null, UnitPath: { } path, UserId: { } user }
            || !process.Unit.EndsWith(".scope", StringComparison.Ordinal))
        {
            return null;
        }

        var found = _all.Value.Where(w => w.UnitPath == path && w.Container.EngineUser == user).Take(2).ToList();
        return found is [var only] ? only.Container : null;
    }

    private static List<Watched> Read(ProcessReader processes)
    {
        var pids = new List<int>();
        processes.Root.ListPids(pids);
        var found = new List<Watched>();
        foreach (var pid in pids)
        {
            if (IsConmon(processes, pid)
                && processes.Read(
                    pid, ProcessFields.CommandLine | ProcessFields.User | ProcessFields.Cgroup | ProcessFields.Paths) is { } process
                && OfMonitor(process) is { } container)
            {
                found.Add(new Watched(container, process.UnitPath));
            }
        }

        return found;
    }

    /// <summary>The container that a process watches; <c>null</c> when it is not a conmon.</summary>
    internal static ContainerInfo? OfMonitor(ProcessInfo process) =>
        EngineProgram.Of(process) is { Role: EngineRole.Monitor } && ConmonWords.Parse(process.CommandLine) is { } words
            ? new ContainerInfo(words.Id, words.Runtime, words.Name, null)
            {
                Grade = process is { UserId: 0, ExecutablePath: not null } ? NameGrade.Confirmed : NameGrade.Claimed,
                EngineUser = process.UserId ?? 0,
            }
            : null;

    private static bool IsConmon(ProcessReader processes, int pid)
    {
        using var process = processes.Root.OpenProcess(pid);
        Span<byte> name = stackalloc byte[16];
        return process?.Read("comm"u8, name) is > 0 and var count && name[..count].TrimEnd((byte)'\n').SequenceEqual("conmon"u8);
    }

    private sealed record Watched(ContainerInfo Container, string? UnitPath);
}
