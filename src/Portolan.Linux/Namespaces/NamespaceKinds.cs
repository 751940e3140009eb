namespace Portolan.Linux.Namespaces;

/// <summary>Kinds of namespaces a process can be started in (namespaces(7)).</summary>
[Flags]
public enum NamespaceKinds
{
    /// <summary>None: the caller's.</summary>
    None = 0,

    /// <summary>
    /// Users and capabilities: inside, the caller is root, which allows the other kinds without privilege (user_namespaces(7)).
    /// </summary>
    User = 1,

    /// <summary>Interfaces, routes, rules, sockets.</summary>
    Network = 2,

    /// <summary>Mount points (CLONE_NEWNS).</summary>
    Mount = 4,

    /// <summary>Process ids; the program is number 1 and all others go with it.</summary>
    Process = 8,
}
