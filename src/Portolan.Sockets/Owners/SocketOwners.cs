namespace Portolan.Sockets.Owners;

/// <summary>The owners of some sockets, and what is known of each: the one call a command makes.</summary>
public sealed class SocketOwners
{
    private readonly Dictionary<int, ProcessInfo> _processes;

    private SocketOwners(OwnerMap map, Dictionary<int, ProcessInfo> processes)
    {
        Map = map;
        _processes = processes;
    }

    /// <summary>Which processes hold which socket; every process in it is in <see cref="Processes"/>.</summary>
    public OwnerMap Map { get; }

    /// <summary>The owners by process id.</summary>
    public IReadOnlyDictionary<int, ProcessInfo> Processes => _processes;

    /// <summary>Finds the owners of the selected sockets and reads those processes only.</summary>
    /// <param name="sockets">The sockets.</param>
    /// <param name="selected">Positions in <paramref name="sockets"/>.</param>
    /// <param name="finder">How to find owners.</param>
    /// <param name="processes">Where to read about them.</param>
    /// <param name="fields">What to read about them.</param>
    /// <param name="cancellationToken">Stops the search.</param>
    public static SocketOwners Find(
        SocketTable sockets, ReadOnlySpan<int> selected, IOwnerFinder finder, ProcessReader processes, ProcessFields fields,
        CancellationToken cancellationToken)
    {
        var map = finder.Find(SocketInodes.Of(sockets, selected), cancellationToken);
        var known = new Dictionary<int, ProcessInfo>();
        var gone = new HashSet<int>();
        foreach (var pid in map.AllPids)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var info = processes.Read(pid, fields);
            if (info is not null && IsHolder(map, info, processes))
            {
                known.Add(pid, info);
            }
            else
            {
                gone.Add(pid);
            }
        }

        return new SocketOwners(gone.Count == 0 ? map : map.Without(gone), known);
    }

    /// <summary>
    /// The same owners with their containers' names, and with the container that an engine's program serves. The processes must
    /// have been read with <see cref="ProcessFields.Cgroup"/> and <see cref="ProcessFields.CommandLine"/>. Runtimes are asked only when
    /// there is a container.
    /// </summary>
    public SocketOwners WithContainers(ContainerResolver containers)
    {
        var processes = new Dictionary<int, ProcessInfo>(_processes.Count);
        foreach (var (pid, process) in _processes)
        {
            var container = containers.ServedBy(process) ?? process.Container;
            processes.Add(pid, process with { Container = container is { Name: null } ? containers.Named(container) : container });
        }

        return new SocketOwners(Map, processes);
    }

    /// <summary>Process ids that hold the socket, ascending; empty when none was found.</summary>
    public ReadOnlySpan<int> Pids(in SocketEntry socket) => Map.Pids(socket.Inode);

    // A process younger than the search may have taken over the pid of the one that was seen: then look again.
    private static bool IsHolder(OwnerMap map, ProcessInfo info, ProcessReader processes)
        => map.StartTicks == 0 || info.StartTicks < map.StartTicks || processes.Holds(info.Pid, map.Inodes(info.Pid));
}
