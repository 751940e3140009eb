using Portolan.Linux.Bpf.Listening;

namespace Portolan.Linux.Changes;

/// <summary>What the kernel reported at one time.</summary>
public sealed class KernelNews
{
    private readonly List<TracedListener> _steps = [];
    private readonly List<ClosedSocket> _closed = [];
    private readonly HashSet<KernelSource> _sources = [];

    /// <summary>The steps of listeners, in their order.</summary>
    public IReadOnlyList<TracedListener> Steps => _steps;

    /// <summary>The sockets without a peer that were closed, apart from those in <see cref="Steps"/>.</summary>
    public IReadOnlyList<ClosedSocket> Closed => _closed;

    /// <summary>Which sources reported something.</summary>
    public IReadOnlySet<KernelSource> Sources => _sources;

    /// <summary>Whether the kernel dropped some of it for want of room: only a look finds what is missing.</summary>
    public bool HasLost { get; internal set; }

    /// <summary>The program that changed the rules last; <c>null</c> where they did not change, or the kernel does not say.</summary>
    public RuleAuthor? Author { get; internal set; }

    /// <summary>Whether nothing was reported.</summary>
    public bool IsEmpty => _steps.Count == 0 && _sources.Count == 0 && !HasLost;

    internal void Add(TracedListener step) => _steps.Add(step);

    internal void Add(ClosedSocket socket) => _closed.Add(socket);

    internal void Add(KernelNews later)
    {
        _steps.AddRange(later._steps);
        _closed.AddRange(later._closed);
        _sources.UnionWith(later._sources);
        (HasLost, Author) = (HasLost || later.HasLost, later.Author ?? Author);
    }

    internal void Add(KernelSource source) => _sources.Add(source);
}

/// <summary>A socket that was closed.</summary>
/// <param name="Cookie">Its cookie.</param>
/// <param name="Port">Its local port.</param>
public readonly record struct ClosedSocket(ulong Cookie, ushort Port);

/// <summary>The program that changed rules of nftables (NFTA_GEN_PROC_PID, NFTA_GEN_PROC_NAME).</summary>
/// <param name="ProcessId">Its process.</param>
/// <param name="Command">The name of the thread, at most 15 bytes. Hostile text.</param>
public sealed record RuleAuthor(int ProcessId, string Command);
