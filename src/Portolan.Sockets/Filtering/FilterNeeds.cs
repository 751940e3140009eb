namespace Portolan.Sockets.Filtering;

/// <summary>The facts beyond <see cref="SocketEntry"/> that a filter asks for. What it does not need is not worth looking up.</summary>
[Flags]
public enum FilterNeeds
{
    /// <summary>The entry alone decides.</summary>
    None = 0,

    /// <summary>The processes that hold a socket (<see cref="Owners.OwnerMap"/>). Set with each of the three below.</summary>
    Owners = 1,

    /// <summary>The names of processes.</summary>
    ProcessNames = 2,

    /// <summary>The systemd units of processes.</summary>
    Units = 4,

    /// <summary>The containers of processes.</summary>
    Containers = 8,

    /// <summary>The list of namespaces (<see cref="SocketSnapshot.Namespaces"/>).</summary>
    Namespaces = 16,

    /// <summary>The names of interfaces in namespaces other than the caller's own.</summary>
    InterfaceNames = 32,

    /// <summary>The paths of Unix sockets (<see cref="SocketTable.Unix"/>).</summary>
    UnixPaths = 64,

    /// <summary>How fast sockets send and receive, which is known only where traffic is counted.</summary>
    Rates = 128,
}
