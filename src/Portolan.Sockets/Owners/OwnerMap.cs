namespace Portolan.Sockets.Owners;

/// <summary>Which processes hold which socket inodes. Built once by an <see cref="IOwnerFinder"/>, then only read.</summary>
public sealed class OwnerMap
{
    private readonly uint[] _inodes;
    private readonly int[] _pids;

    /// <summary>Takes pairs sorted by inode, then pid, without repeats. Both arrays are kept.</summary>
    public OwnerMap(uint[] inodes, int[] pids, string source, int hiddenProcesses)
    {
        _inodes = inodes;
        _pids = pids;
        Source = source;
        HiddenProcesses = hiddenProcesses;
    }

    /// <summary>A map with no owner.</summary>
    public static OwnerMap Empty { get; } = new([], [], "none", 0);

    /// <summary><c>bpf</c> or <c>/proc</c>.</summary>
    public string Source { get; }

    /// <summary>How many processes could not be looked into for want of privilege. Never shown as "no owner".</summary>
    public int HiddenProcesses { get; }

    /// <summary>Whether the caller lives in a pid namespace of its own, which processes outside of it cannot be seen from.</summary>
    public bool IsConfined { get; init; }

    /// <summary>Whether there is no /proc, or an empty directory in its place.</summary>
    public bool SeesNoProcess { get; init; }

    /// <summary>
    /// Whether a socket without an owner here may have one that is merely out of sight: then its owner is hidden, not none.
    /// </summary>
    public bool MayHideOwners => HiddenProcesses > 0 || IsConfined;

    /// <summary>
    /// Whether the owner of a socket is hidden rather than none: a file holds it, no process that could be looked into does, and
    /// some processes could not be looked into.
    /// </summary>
    public bool Hides(in SocketEntry socket) => MayHideOwners && !KernelSockets.HasNoOwner(socket) && Pids(socket.Inode).IsEmpty;

    /// <summary>Why owners are hidden, where some are.</summary>
    /// <param name="isRoot">Whether root has looked.</param>
    public HiddenOwnersReason WhyHidden(bool isRoot) => this switch
    {
        { SeesNoProcess: true } => HiddenOwnersReason.NoProc,
        // The BPF iterator passes through all processes, whoever starts it: root finds no more.
        { HiddenProcesses: > 0, Source: not "bpf" } when !isRoot => HiddenOwnersReason.OtherUsers,
        { IsConfined: true } => HiddenOwnersReason.OutsidePidNamespace,
        _ => HiddenOwnersReason.LookRefused,
    };

    /// <summary>
    /// Whether every process of the machine was looked into: only then does finding no owner mean that no process holds the socket.
    /// </summary>
    public bool SeesEveryProcess { get; init; }

    /// <summary>When the search began, in clock ticks since boot as /proc/PID/stat counts them; 0 where not known (a recording).</summary>
    /// <remarks>A process that started no earlier may have taken over the pid of the one that was seen.</remarks>
    public ulong StartTicks { get; init; }

    /// <summary>The distinct pids in the map.</summary>
    public IReadOnlyCollection<int> AllPids
    {
        get
        {
            // A process's sockets mostly follow each other, so most repeats end at the first comparison.
            var distinct = new HashSet<int>();
            var last = 0;
            foreach (var pid in _pids)
            {
                if (pid != last)
                {
                    distinct.Add(pid);
                    last = pid;
                }
            }

            return distinct;
        }
    }

    /// <summary>The sockets a process holds, ascending. Looks at the whole map: for the few pids in doubt.</summary>
    public uint[] Inodes(int pid) => [.. _inodes.Where((_, i) => _pids[i] == pid)];

    /// <summary>Whether some of so many sockets has no holder here.</summary>
    public bool HasFewerSockets(int count)
    {
        for (var i = 0; i < _inodes.Length; i++)
        {
            count -= i == 0 || _inodes[i] != _inodes[i - 1] ? 1 : 0;
        }

        return count > 0;
    }

    /// <summary>The same map without some processes.</summary>
    public OwnerMap Without(IReadOnlySet<int> pids) => Of(Pairs.Where(pair => !pids.Contains(pair.Pid)));

    /// <summary>The same map with some more holders.</summary>
    public OwnerMap With(IEnumerable<(uint Inode, int Pid)> holders) => Of(Pairs.Concat(holders).Distinct().Order());

    private IEnumerable<(uint Inode, int Pid)> Pairs => _inodes.Zip(_pids);

    private OwnerMap Of(IEnumerable<(uint Inode, int Pid)> pairs)
    {
        var kept = pairs.ToArray();
        return new OwnerMap([.. kept.Select(static pair => pair.Inode)], [.. kept.Select(static pair => pair.Pid)], Source, HiddenProcesses)
        {
            StartTicks = StartTicks,
            SeesEveryProcess = SeesEveryProcess,
            IsConfined = IsConfined,
            SeesNoProcess = SeesNoProcess,
        };
    }

    /// <summary>Process ids that hold the socket, ascending; empty when none was found.</summary>
    public ReadOnlySpan<int> Pids(uint inode)
    {
        if (inode == 0)
        {
            return default;
        }

        var first = _inodes.AsSpan().BinarySearch(inode);
        if (first < 0)
        {
            return default;
        }

        var last = first;
        while (first > 0 && _inodes[first - 1] == inode)
        {
            first--;
        }

        while (last + 1 < _inodes.Length && _inodes[last + 1] == inode)
        {
            last++;
        }

        return _pids.AsSpan(first, last - first + 1);
    }
}

/// <summary>Why owners of sockets are hidden.</summary>
public enum HiddenOwnersReason
{
    /// <summary>/proc is not mounted.</summary>
    NoProc,

    /// <summary>They are processes of other users, which root sees.</summary>
    OtherUsers,

    /// <summary>They live outside this pid namespace, or outside what its /proc shows.</summary>
    OutsidePidNamespace,

    /// <summary>They are hidden even from root.</summary>
    LookRefused,
}
