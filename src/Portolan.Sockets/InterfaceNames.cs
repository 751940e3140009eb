namespace Portolan.Sockets;

/// <summary>
/// Names of network interfaces by namespace and index. Holds the namespaces in which a listed socket is bound to an interface.
/// </summary>
public sealed class InterfaceNames
{
    private readonly Dictionary<(int Namespace, int Index), string> _names = [];

    /// <summary>
    /// The name of an interface, such as <c>eth0</c>, or <c>null</c> when it is not known. Any text but <c>/</c> and blanks can be in it.
    /// </summary>
    /// <param name="namespaceIndex">Index into <see cref="SocketSnapshot.Namespaces"/>.</param>
    /// <param name="interfaceIndex">The kernel's number, 1 and up.</param>
    public string? Find(int namespaceIndex, int interfaceIndex) => _names.GetValueOrDefault((namespaceIndex, interfaceIndex));

    /// <summary>Adds a name.</summary>
    public void Add(int namespaceIndex, int interfaceIndex, string name) => _names[(namespaceIndex, interfaceIndex)] = name;
}
