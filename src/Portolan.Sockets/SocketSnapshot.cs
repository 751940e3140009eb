namespace Portolan.Sockets;

/// <summary>The sockets of a machine at one moment, where they were read from, and what is missing.</summary>
public sealed class SocketSnapshot
{
    /// <summary>All sockets that were read, as rows.</summary>
    public required SocketTable Sockets { get; init; }

    /// <summary>The namespaces that were read; the caller's own is first.</summary>
    public required IReadOnlyList<NetworkNamespace> Namespaces { get; init; }

    /// <summary>Where each kind of socket was read from.</summary>
    public required IReadOnlyList<SocketSourceNote> Sources { get; init; }

    /// <summary>Names of the interfaces that sockets are bound to.</summary>
    public InterfaceNames Interfaces { get; init; } = new();

    /// <summary>The lab that the sockets are of; <c>null</c> for those of this machine.</summary>
    public LabNote? Lab { get; init; }

    /// <summary>What could not be read, and why. Empty when the snapshot is complete.</summary>
    public required IReadOnlyList<MissingFact> Missing { get; init; }
}

/// <summary>A lab whose sockets were read.</summary>
/// <param name="Name">Its name. Hostile text.</param>
/// <param name="Hosts">Whose sockets they are, parallel to <see cref="SocketSnapshot.Namespaces"/>: a host has one for each listener that
/// stands for several.</param>
public sealed record LabNote(string Name, IReadOnlyList<LabHostNote> Hosts);

/// <summary>A host of a lab, or a range of hosts that are alike. Hostile text.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Count">How many hosts it stands for, at least 1.</param>
/// <param name="Ports">The ports that the socket listens on, when they are several; otherwise <c>null</c>.</param>
public sealed record LabHostNote(string Name, ulong Count, string? Ports)
{
    /// <summary>The name, and in brackets what it stands for: <c>pc (80 hosts)</c>.</summary>
    public string Label
    {
        get
        {
            var hosts = Count > 1 ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Count:N0} hosts") : null;
            var ports = Ports is null ? null : $"ports {Ports}";
            return hosts is null && ports is null ? Name : $"{Name} ({string.Join(", ", ((string?[])[hosts, ports]).OfType<string>())})";
        }
    }
}

/// <summary>Where a kind of socket was read from.</summary>
/// <param name="Protocols">The kinds.</param>
/// <param name="Source"><c>netlink</c>; a file such as <c>/proc/net/raw</c>; <c>lab</c>; or <c>absent</c>: this kernel has no such
/// protocol, or no socket of it, so nothing is missing.</param>
public readonly record struct SocketSourceNote(SocketProtocols Protocols, string Source)
{
    /// <summary>The source of a lab's sockets.</summary>
    public const string FromLab = "lab";

    /// <summary>The source of a protocol that this kernel does not have, or has no socket of.</summary>
    public const string Absent = "absent";
}

/// <summary>Reads the sockets of a machine: the kernel's, or a recording.</summary>
public interface ISocketSource
{
    /// <summary>
    /// Reads what <paramref name="query"/> asks for. What cannot be read is named in <see cref="SocketSnapshot.Missing"/>.
    /// </summary>
    SocketSnapshot Read(SocketQuery query, CancellationToken cancellationToken);
}

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
