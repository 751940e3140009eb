using System.Runtime.InteropServices;

namespace Portolan.Linux.Namespaces;

/// <summary>What is started in new namespaces, and with what.</summary>
/// <param name="Program">The absolute path of the program.</param>
/// <param name="Arguments">Its arguments, its own name excluded; each is passed as it is.</param>
public sealed record NamespaceProcessOptions(string Program, IReadOnlyList<string> Arguments)
{
    /// <summary>Which namespaces are new.</summary>
    public NamespaceKinds Namespaces { get; init; } = NamespaceKinds.User | NamespaceKinds.Network;

    /// <summary>The whole environment of the program; nothing is inherited.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Where it starts, or <c>null</c> for where the caller is.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>
    /// Namespaces that exist and that it enters first, in this order (setns(2)): that of users before those that belong to it. With mounts
    /// among them <see cref="WorkingDirectory"/> is looked for in those, and where it is not there the program starts at the root.
    /// </summary>
    public IReadOnlyList<SafeHandle> Enters { get; init; } = [];

    /// <summary>
    /// A process namespace that exists and in which it is made; <c>null</c> for the caller's, or a new one by <see cref="Namespaces"/>.
    /// Takes a thread that lasts as long as this process.
    /// </summary>
    public SafeHandle? EntersProcesses { get; init; }

    /// <summary>
    /// Whether it and all that it starts may seem to change user: setuid(2), setgroups(2), chown(2) and their like say that it is done, and
    /// change nothing. For programs that give up being root where the namespace has no other user: tcpdump ends otherwise. See
    /// <see cref="UserChanges"/>.
    /// </summary>
    public bool FeignsUserChanges { get; init; }

    /// <summary>
    /// Descriptors the program gets besides its three standard streams, from number 3 up in this order. The caller keeps and closes its
    /// own.
    /// </summary>
    public IReadOnlyList<SafeHandle> Descriptors { get; init; } = [];

    /// <summary>
    /// Whether it gets the caller's own standard streams instead of pipes, and stays in its session and process group: a terminal stays a
    /// terminal, and Ctrl-C reaches it directly. The streams of the <see cref="NamespaceProcess"/> are empty then.
    /// </summary>
    public bool InheritsStreams { get; init; }

    /// <summary>
    /// Whether its stdin and stdout are one socket instead of pipes, as inetd has it, and its stderr is the caller's: then
    /// <see cref="NamespaceProcess.Connection"/> is the other end.
    /// </summary>
    public bool HasConnection { get; init; }

    /// <summary>
    /// Called with its process id once it exists and before it runs the program. A signal that reaches it meanwhile, of its whole group for
    /// one, waits and then ends it, unless it is ignored. On the thread that makes it, which must not be kept long, and
    /// must start no program by <see cref="System.Diagnostics.Process"/>: that may wait for another start, which waits for this process to
    /// let go of the descriptors that it has until it runs its program.
    /// </summary>
    public Action<int>? Made { get; init; }

    /// <summary>
    /// Whether what it leaves behind in its process group is killed when it ends. Not with <see cref="InheritsStreams"/>, where the group
    /// is the caller's.
    /// </summary>
    public bool EndsItsGroup { get; init; }

    /// <summary>
    /// How long its process may take twice: until it waits for its maps of users, and then until the program runs. Files that do not
    /// answer, of a network for one, shall not keep the caller for ever.
    /// </summary>
    internal TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);
}
