using Portolan.Sockets.Owners;

namespace Portolan.Sockets.Filtering;

/// <summary>The facts beyond the entry itself. What is <c>null</c> was not looked for, so conditions on it are unknown.</summary>
public sealed class FilterContext
{
    /// <summary>Nothing but the entry: for a first pass, before owners are looked for.</summary>
    public static FilterContext EntryOnly { get; } = new();

    /// <summary>The snapshot the entries come from: its namespaces and Unix paths.</summary>
    public SocketSnapshot? Snapshot { get; init; }

    /// <summary>Who holds the sockets.</summary>
    public OwnerMap? Owners { get; init; }

    /// <summary>
    /// A process by id; <c>null</c> when it is hidden or gone. Called for each owner, so it must not read /proc each time.
    /// </summary>
    public Func<int, ProcessInfo?>? Process { get; init; }

    /// <summary>
    /// Payload bytes in a second, both ways, of the socket with an inode; <c>null</c> where they cannot be counted.
    /// </summary>
    public Func<uint, double?>? Rate { get; init; }

    /// <summary>
    /// The name of an interface by index into <see cref="SocketSnapshot.Namespaces"/> and interface index, or <c>null</c>.
    /// </summary>
    public Func<int, int, string?>? InterfaceName { get; init; }
}
