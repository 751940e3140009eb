using System.Globalization;
using System.Text.Json.Serialization;
using Portolan.Sockets.Naming;

namespace Portolan.Sockets.Documents;

/// <summary>
/// A socket of <c>portolan.sockets/1</c>. <c>portolan list</c> writes the same by hand: a list may have hundreds of thousands.
/// </summary>
/// <param name="Protocol">The kind of socket.</param>
/// <param name="Family"><c>ipv4</c> or <c>ipv6</c>; <c>null</c> for kinds without addresses.</param>
/// <param name="DualStack">Whether an IPv6 wildcard also takes IPv4; <c>null</c> where the source does not say.</param>
/// <param name="Local">The local end; <c>null</c> for kinds without addresses.</param>
/// <param name="Remote">The remote end; <c>null</c> without one.</param>
/// <param name="State">The state.</param>
/// <param name="ReceiveQueue">Bytes waiting to be read; of a listener the connections that wait to be accepted.</param>
/// <param name="SendQueue">Bytes not yet acknowledged; of a listener its backlog.</param>
/// <param name="Service">IANA's name of the port, or <c>null</c>.</param>
/// <param name="User">The user who made it; <c>null</c> where that is not known.</param>
/// <param name="Inode">The inode of its file; <c>null</c> where no file owns it.</param>
/// <param name="Cookie">The kernel's cookie as hexadecimal number; <c>null</c> where the source has none.</param>
/// <param name="Namespace">The network namespace, or <c>null</c>. Hostile text.</param>
/// <param name="Owners">The processes; <c>null</c> where they are hidden or were not looked for.</param>
/// <param name="BytesSent">Payload sent; <c>null</c> where the kernel does not count.</param>
/// <param name="BytesReceived">Payload received.</param>
[JsonDerivedType(typeof(UnixSocketRecord))]
[JsonDerivedType(typeof(PacketSocketRecord))]
[JsonDerivedType(typeof(LabSocketRecord))]
public record SocketRecord(
    string Protocol, string? Family, bool? DualStack, LocalEndRecord? Local, RemoteEndRecord? Remote, string State, uint ReceiveQueue,
    uint SendQueue, string? Service, UserRecord? User, uint? Inode, string? Cookie, string? Namespace, IEnumerable<ProcessRecord>? Owners,
    ulong? BytesSent, ulong? BytesReceived)
{
    /// <summary>A socket as documents have it.</summary>
    /// <param name="entry">The socket.</param>
    /// <param name="facts">What is known of it.</param>
    public static SocketRecord Of(in SocketEntry entry, SocketDocumentFacts facts)
    {
        ArgumentNullException.ThrowIfNull(facts);
        var snapshot = facts.Snapshot;
        var shared = Shared(entry, facts);
        return entry.Protocol switch
        {
            _ when snapshot.Lab is { } lab => new LabSocketRecord(shared, lab.Hosts[entry.NamespaceIndex]),
            SocketProtocol.Unix => new UnixSocketRecord(shared, entry.UnixIndex < 0 ? default : snapshot.Sockets.Unix[entry.UnixIndex]),
            SocketProtocol.Packet => new PacketSocketRecord(shared, InterfaceOf(entry, snapshot), entry.LocalPort),
            _ => shared,
        };
    }

    private static SocketRecord Shared(in SocketEntry entry, SocketDocumentFacts facts)
    {
        var snapshot = facts.Snapshot;
        var hasAddress = entry.HasAddress;
        TcpDetails? details = entry.TcpDetailsIndex < 0 ? null : snapshot.Sockets.TcpDetails[entry.TcpDetailsIndex];
        return new SocketRecord(
            entry.Protocol.Name(),
            hasAddress ? entry.IsIPv6 ? "ipv6" : "ipv4" : null,
            entry.DualStack,
            hasAddress ? new LocalEndRecord(entry.LocalAddress.ToString(), entry.LocalPort, InterfaceOf(entry, snapshot)) : null,
            hasAddress && entry.HasRemote ? new RemoteEndRecord(entry.RemoteAddress.ToString(), entry.RemotePort) : null,
            entry.State.Name(),
            entry.ReceiveQueue,
            entry.SendQueue,
            hasAddress ? SocketService.Of(entry, facts.Service) : null,
            entry.HasUser ? new UserRecord(entry.UserId, facts.User(entry.UserId)) : null,
            entry.Inode == 0 ? null : entry.Inode,
            entry.Cookie == 0 ? null : entry.Cookie.ToString("x", CultureInfo.InvariantCulture),
            (uint)entry.NamespaceIndex < (uint)snapshot.Namespaces.Count ? snapshot.Namespaces[entry.NamespaceIndex].Label : null,
            OwnersOf(entry, facts),
            details?.BytesSent,
            details?.BytesReceived);
    }

    // Hidden owners are not "none": null, and the document's "missing" says why.
    private static List<ProcessRecord>? OwnersOf(in SocketEntry entry, SocketDocumentFacts facts)
    {
        if (facts.Owners is not { } owners || owners.Hides(entry))
        {
            return null;
        }

        var records = new List<ProcessRecord>();
        foreach (var pid in owners.Pids(entry.Inode))
        {
            if (facts.Process(pid) is { } process)
            {
                records.Add(ProcessRecord.Of(process));
            }
        }

        return records;
    }

    private static string? InterfaceOf(in SocketEntry entry, SocketSnapshot snapshot) => entry.InterfaceIndex == 0 ? null
        : snapshot.Interfaces.Find(entry.NamespaceIndex, entry.InterfaceIndex) ?? $"if{entry.InterfaceIndex}";
}

/// <summary>A Unix domain socket.</summary>
public sealed record UnixSocketRecord : SocketRecord
{
    internal UnixSocketRecord(SocketRecord shared, UnixDetails details)
        : base(shared) => (Path, Peer) = (details.Path, details.PeerInode == 0 ? null : details.PeerInode);

    /// <summary>Its path, or <c>@name</c> for an abstract name; <c>null</c> when unbound. Hostile text.</summary>
    [JsonPropertyOrder(1)]
    public string? Path { get; }

    /// <summary>The inode of its peer, or <c>null</c>.</summary>
    [JsonPropertyOrder(2)]
    public uint? Peer { get; }
}

/// <summary>A socket of AF_PACKET (packet(7)).</summary>
public sealed record PacketSocketRecord : SocketRecord
{
    internal PacketSocketRecord(SocketRecord shared, string? name, ushort etherType)
        : base(shared) => (Interface, EtherType) = (name, etherType);

    /// <summary>Its interface; <c>null</c> for all. Hostile text.</summary>
    [JsonPropertyOrder(1)]
    public string? Interface { get; }

    /// <summary>The EtherType of its frames.</summary>
    [JsonPropertyOrder(2)]
    public ushort EtherType { get; }
}

/// <summary>A socket of a stack in a lab, which the kernel does not know.</summary>
public sealed record LabSocketRecord : SocketRecord
{
    internal LabSocketRecord(SocketRecord shared, LabHostNote host)
        : base(shared) => (Host, Hosts, Ports) = (host.Name, host.Count, host.Ports);

    /// <summary>The host. Hostile text.</summary>
    [JsonPropertyOrder(1)]
    public string Host { get; }

    /// <summary>How many hosts it stands for.</summary>
    [JsonPropertyOrder(2)]
    public ulong Hosts { get; }

    /// <summary>The ports that the socket listens on, when they are several; otherwise <c>null</c>.</summary>
    [JsonPropertyOrder(3)]
    public string? Ports { get; }
}

/// <summary>The local end of a socket.</summary>
/// <param name="Address">The address.</param>
/// <param name="Port">The port; for raw sockets the IP protocol number.</param>
/// <param name="Interface">The interface that it is bound to, or <c>null</c>. Hostile text.</param>
public sealed record LocalEndRecord(string Address, int Port, string? Interface);

/// <summary>The remote end of a socket.</summary>
/// <param name="Address">The address.</param>
/// <param name="Port">The port.</param>
public sealed record RemoteEndRecord(string Address, int Port);
