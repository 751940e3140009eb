namespace Portolan.Linux.Namespaces;

/// <summary>A network namespace that a process mounts, lives in or holds open.</summary>
public sealed class FoundNamespace
{
    /// <summary>Its inode in nsfs, as in <c>net:[4026531840]</c>; 0 where only its /proc/PID/net is visible.</summary>
    public ulong Inode { get; init; }

    /// <summary>The last part of the path it is mounted on, such as <c>blue</c> of /run/netns/blue; or <c>null</c>. Hostile text.</summary>
    public string? Name { get; internal set; }

    /// <summary>A process that lives in it, 0 for none that is known.</summary>
    public int Pid { get; internal set; }

    /// <summary>Whether its /proc/PID/net has been looked at, by which processes that hide their namespace are told to be in it.</summary>
    internal bool HasNetDirectory { get; set; }

    /// <summary>A path that enters it, or <c>null</c> where none is visible.</summary>
    public string? Path { get; init; }
}

/// <summary>The namespaces that were found. The caller's own is first.</summary>
/// <param name="Namespaces">Each once.</param>
/// <param name="HiddenProcesses">Processes whose namespace could not be learned at all.</param>
public sealed record FoundNamespaces(IReadOnlyList<FoundNamespace> Namespaces, int HiddenProcesses);
