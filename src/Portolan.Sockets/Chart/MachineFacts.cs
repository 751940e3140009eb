using Portolan.Sockets.Naming;
using Portolan.Sockets.Owners;

namespace Portolan.Sockets.Chart;

/// <summary>Everything the joins need, already acquired: sockets, their holders, and the look-ups that give names. Replayable.</summary>
public sealed record MachineFacts
{
    /// <summary>The sockets.</summary>
    public required SocketSnapshot Snapshot { get; init; }

    /// <summary>Who holds them; <see cref="OwnerMap.Empty"/> when owners were not looked for.</summary>
    public OwnerMap Owners { get; init; } = OwnerMap.Empty;

    /// <summary>The processes of <see cref="Owners"/> and, where ancestry is wanted, their ancestors.</summary>
    public IReadOnlyDictionary<int, ProcessInfo> Processes { get; init; } = new Dictionary<int, ProcessInfo>();

    /// <summary>The ports this host gives to sockets that name none, or <c>null</c> when that is not known.</summary>
    public EphemeralRange? Ephemeral { get; init; }

    /// <summary>Cookies of the datagram sockets whose port the kernel chose; <c>null</c> when that is not known.</summary>
    public IReadOnlySet<ulong>? KernelChosenPorts { get; init; }

    /// <summary>How many other network namespaces there are that were not looked into; <c>null</c> when that is not known.</summary>
    public int? UnseenNamespaces { get; init; } = 0;

    /// <summary>The service name of a port, or <c>null</c>.</summary>
    public Func<TransportProtocol, PortNumber, string?> ServiceName { get; init; } = static (_, _) => null;

    /// <summary>The package of a program file, or <c>null</c>.</summary>
    public Func<string, string?> PackageOf { get; init; } = static _ => null;

    /// <summary>The container for which a process of an engine holds a port, or <c>null</c>.</summary>
    public Func<ProcessInfo, TransportProtocol, PortNumber, ContainerInfo?> PublishedBy { get; init; } = static (_, _, _) => null;

    /// <summary>
    /// The container for which an engine of a user publishes a port at an address, as the engine says: also where its process is hidden.
    /// </summary>
    public Func<TransportProtocol, InternetAddress, PortNumber, uint, ContainerInfo?> PublishedAt { get; init; } =
        static (_, _, _, _) => null;

    /// <summary>The container that has an address in its own network namespace, or <c>null</c>.</summary>
    public Func<InternetAddress, ContainerInfo?> ContainerAt { get; init; } = static _ => null;

    /// <summary>The socket unit through which systemd listens on a port, such as <c>ssh.socket</c>, or <c>null</c>.</summary>
    public Func<TransportProtocol, PortNumber, string?> SocketUnit { get; init; } = static (_, _) => null;

    /// <summary>Whether a socket unit starts a service of its own for each connection.</summary>
    public Func<string, bool> StartsOneForEach { get; init; } = static _ => false;

    /// <summary>What an owner serves on a port; <c>null</c> where it does not tell.</summary>
    public RunningService? RunningOn(PortOwner owner, TransportProtocol protocol, PortNumber port) =>
        OwnerServices.Of(owner, ServiceName(protocol, port), PackageOf);

    /// <summary>Whether the entry can take traffic from anyone: a listener, or a datagram socket with a port and no peer.</summary>
    public static bool IsListener(in SocketEntry entry) =>
        entry.LocalPort != 0
        && entry.Protocol.Transport() is not null
        && (entry.State == SocketState.Listen || (entry.State == SocketState.Unconnected && IsDatagram(entry.Protocol)));

    /// <summary>Whether the kind carries datagrams, and so has no LISTEN state.</summary>
    public static bool IsDatagram(SocketProtocol protocol) => protocol is SocketProtocol.Udp or SocketProtocol.UdpLite;
}
