using Portolan.Linux;
using Portolan.Sockets.Binding;
using Portolan.Sockets.Filtering.Pushdown;
using Portolan.Sockets.Owners;

namespace Portolan.Sockets.Chart;

/// <summary>
/// Acquires what the joins need: the sockets first, then the holders of those that matter. Everything comes in through its parts.
/// </summary>
public sealed class MachineSurvey
{
    private const SocketProtocols WithPorts = SocketProtocols.Tcp | SocketProtocols.Udp | SocketProtocols.UdpLite
        | SocketProtocols.Sctp | SocketProtocols.Dccp | SocketProtocols.Mptcp;

    /// <summary>
    /// With more TCP sockets on the machine a file below /proc/PID/net takes tens of milliseconds to read, and there are two for each
    /// namespace.
    /// </summary>
    private const int ManySockets = 20_000;

    /// <summary>How far from a port its neighbours are looked at: the nearest free one is seldom further.</summary>
    private const int Neighbours = 32;

    private const SocketProtocols Datagrams = SocketProtocols.Udp | SocketProtocols.UdpLite;

    /// <summary>
    /// "Did the kernel choose the port?" (INET_DIAG_BC_AUTO, 6): yes goes to the end and accepts, no goes behind it and refuses.
    /// </summary>
    private static readonly byte[] KernelChoseThePort = [6, 4, 8, 0];

    /// <summary>Where sockets come from.</summary>
    public required ISocketSource Sockets { get; init; }

    /// <summary>Who finds holders; made when there is something to find.</summary>
    public required Func<IOwnerFinder> Owners { get; init; }

    /// <summary>Where processes are read; made when there is something to read.</summary>
    public required Func<ProcessReader> Processes { get; init; }

    /// <summary>The kernel's settings.</summary>
    public required Func<KernelSettings> Settings { get; init; }

    /// <summary>
    /// How many other network namespaces there are; asked when they are not looked into. <c>null</c> when that cannot be learned.
    /// </summary>
    public Func<CancellationToken, int?> CountOtherNamespaces { get; init; } = static _ => null;

    /// <summary>How many TCP sockets the whole machine has; <c>null</c> when that is not known.</summary>
    public Func<long?> CountTcpSockets { get; init; } = static () => null;

    /// <summary>Names of services.</summary>
    public Func<TransportProtocol, PortNumber, string?> ServiceName { get; init; } = static (_, _) => null;

    /// <summary>The package of a program file.</summary>
    public Func<string, string?> PackageOf { get; init; } = static _ => null;

    /// <summary>Who names containers; asked when there is one.</summary>
    public Func<IContainerNames?> ContainerNames { get; init; } = static () => null;

    /// <summary>Names of socket units, asked for when systemd is met.</summary>
    public SocketUnits SocketUnits { get; init; } = new();

    /// <summary>Who finds containers behind the programs of their engines.</summary>
    public ContainerResolver Containers => field ??= new ContainerResolver(Processes(), ContainerNames());

    /// <summary>What the chart needs.</summary>
    /// <param name="allNamespaces">Whether to list the sockets of every network namespace.</param>
    /// <param name="fields">What to read of each process.</param>
    /// <param name="cancellationToken">Stops the search.</param>
    public MachineFacts ForChart(bool allNamespaces, ProcessFields fields, CancellationToken cancellationToken)
    {
        var query = new SocketQuery { Protocols = WithPorts, TcpDetails = true, AllNamespaces = allNamespaces };
        var snapshot = Sockets.Read(query, cancellationToken);
        var owners = Find(snapshot, query, PortChart.SocketsToFind(snapshot), fields, cancellationToken);
        var others = allNamespaces ? 0 : CountOtherNamespaces(cancellationToken);
        return Facts(snapshot, owners.Map, owners.Processes, ChosenPorts(allNamespaces, cancellationToken), others);
    }

    /// <summary>What is known about one port: its sockets in every state, their holders, and the holders' ancestors.</summary>
    /// <param name="port">The local port.</param>
    /// <param name="protocols">The protocols to ask for.</param>
    /// <param name="allNamespaces">Whether to list the sockets of every network namespace.</param>
    /// <param name="cancellationToken">Stops the search.</param>
    public MachineFacts ForPort(
        PortNumber port, IReadOnlyList<TransportProtocol> protocols, bool allNamespaces, CancellationToken cancellationToken)
    {
        var query = QueryOf(port, protocols) with { AllNamespaces = allNamespaces };
        var snapshot = Sockets.Read(query, cancellationToken);
        var owners = Find(snapshot, query, PortHolders.SocketsToFind(snapshot, port, protocols), ProcessFields.All, cancellationToken);
        var known = new Dictionary<int, ProcessInfo>(owners.Processes);
        foreach (var process in owners.Processes.Values)
        {
            AddAncestors(process, known);
        }

        return Facts(snapshot, owners.Map, known, chosen: null);
    }

    /// <summary>
    /// What is known about one port, and which ports near it are used. Each look at the sockets walks the kernel's table of all
    /// connections, so what has no socket on the port is learned from one.
    /// </summary>
    /// <param name="port">The local port.</param>
    /// <param name="protocols">The protocols to ask for.</param>
    /// <param name="cancellationToken">Stops the search.</param>
    public (MachineFacts Facts, PortsInUse Use) ForPortAndAround(
        PortNumber port, IReadOnlyList<TransportProtocol> protocols, CancellationToken cancellationToken)
    {
        var (snapshot, range) = ReadAround(port, protocols, cancellationToken);
        var use = PortsInUse.Of(snapshot, range);
        for (var i = 0; i < snapshot.Sockets.Count; i++)
        {
            if (snapshot.Sockets[i].LocalPort == port.Value)
            {
                return (ForPort(port, protocols, allNamespaces: false, cancellationToken), use);
            }
        }

        return (Facts(snapshot, OwnerMap.Empty, new Dictionary<int, ProcessInfo>(), chosen: null), use);
    }

    /// <summary>
    /// Who listens on a port in any network namespace, and nothing about its connections: each look at those would walk the kernel's
    /// one table of all connections again, once for each namespace.
    /// </summary>
    public MachineFacts ListenersOn(PortNumber port, IReadOnlyList<TransportProtocol> protocols, CancellationToken cancellationToken)
    {
        var query = QueryOf(port, protocols) with
        {
            States = (1u << (int)SocketState.Listen) | (1u << (int)SocketState.Unconnected),
            Bound = false,
            TcpDetails = false,
            AllNamespaces = true,
            EnterableNamespacesOnly = CountTcpSockets() > ManySockets,
        };
        var snapshot = Sockets.Read(query, cancellationToken);
        var owners = Find(snapshot, query, PortHolders.SocketsToFind(snapshot, port, protocols), ProcessFields.Document, cancellationToken);
        return Facts(snapshot, owners.Map, owners.Processes, chosen: null);
    }

    /// <summary>
    /// The sockets of all namespaces in which a process lives, without holders: to find who listens where packets are sent on to.
    /// </summary>
    public SocketSnapshot ListenersEverywhere(CancellationToken cancellationToken) =>
        Sockets.Read(new SocketQuery { Protocols = WithPorts, AllNamespaces = true, InhabitedNamespacesOnly = true }, cancellationToken);

    /// <summary>Which ports near a port are used, without holders.</summary>
    public PortsInUse UseAround(PortNumber port, IReadOnlyList<TransportProtocol> protocols, CancellationToken cancellationToken)
    {
        var (snapshot, range) = ReadAround(port, protocols, cancellationToken);
        return PortsInUse.Of(snapshot, range);
    }

    private (SocketSnapshot Snapshot, PortRange Range) ReadAround(
        PortNumber port, IReadOnlyList<TransportProtocol> protocols, CancellationToken cancellationToken)
    {
        var range = new PortRange(
            new PortNumber((ushort)Math.Max(port.Value - Neighbours, 1)),
            new PortNumber((ushort)Math.Min(port.Value + Neighbours, ushort.MaxValue)));
        var program = new BytecodeWriter();
        program.ComparePort(BytecodeOperation.LocalPortAtLeast, range.First.Value, BytecodeWriter.Refuse);
        program.ComparePort(BytecodeOperation.LocalPortAtMost, range.Last.Value, BytecodeWriter.Refuse);
        var query = new SocketQuery { Protocols = KindsOf(protocols), Bound = true, Bytecode = program.Finish() };
        return (Sockets.Read(query, cancellationToken), range);
    }

    /// <summary>Every socket of these protocols, in whatever state, without holders.</summary>
    public SocketSnapshot ForFreePorts(IReadOnlyList<TransportProtocol> protocols, CancellationToken cancellationToken) =>
        Sockets.Read(new SocketQuery { Protocols = KindsOf(protocols), Bound = true }, cancellationToken);

    private static SocketQuery QueryOf(PortNumber port, IReadOnlyList<TransportProtocol> protocols)
    {
        var program = new BytecodeWriter();
        program.PortEquals(isLocal: true, port.Value, BytecodeWriter.Refuse);
        return new SocketQuery
        {
            Protocols = KindsOf(protocols),
            Bound = true,
            TcpDetails = true,

            // What others hold elsewhere is a hint, not worth looking through every descriptor of the machine.
            InhabitedNamespacesOnly = true,
            Bytecode = program.Finish(),
        };
    }

    private static SocketProtocols KindsOf(IEnumerable<TransportProtocol> protocols)
    {
        var kinds = SocketProtocols.None;
        foreach (var protocol in protocols)
        {
            kinds |= protocol switch
            {
                TransportProtocol.Tcp => SocketProtocols.Tcp | SocketProtocols.Mptcp,
                TransportProtocol.Udp => SocketProtocols.Udp,
                TransportProtocol.UdpLite => SocketProtocols.UdpLite,
                TransportProtocol.Sctp => SocketProtocols.Sctp,
                _ => SocketProtocols.Dccp,
            };
        }

        return kinds;
    }

    private SocketOwners Find(
        SocketSnapshot snapshot, SocketQuery query, int[] positions, ProcessFields fields, CancellationToken cancellationToken)
    {
        var finder = Owners();
        var owners = SocketOwners.Find(snapshot.Sockets, positions, finder, Processes(), fields, cancellationToken);
        KernelSockets.Mark(snapshot.Sockets, positions, owners.Map, Sockets, finder, cancellationToken);
        ClosedSockets.Mark(snapshot, query, positions, owners.Map, Sockets, cancellationToken);
        return fields.HasFlag(ProcessFields.Cgroup | ProcessFields.CommandLine) ? owners.WithContainers(Containers) : owners;
    }

    private void AddAncestors(ProcessInfo process, Dictionary<int, ProcessInfo> known)
    {
        if (process.ParentPid <= 0 || known.ContainsKey(process.ParentPid))
        {
            return;
        }

        foreach (var ancestor in Processes().ReadAncestry(process.ParentPid, ProcessFields.Document))
        {
            known.TryAdd(ancestor.Pid, ancestor);
        }
    }

    /// <summary>
    /// The kernel tells a chosen port from one asked for, but only its own filter knows: so a second dump asks for the first kind alone.
    /// </summary>
    private HashSet<ulong>? ChosenPorts(bool allNamespaces, CancellationToken cancellationToken)
    {
        var chosen = Sockets.Read(
            new SocketQuery { Protocols = Datagrams, Bytecode = KernelChoseThePort, AllNamespaces = allNamespaces }, cancellationToken);
        foreach (var source in chosen.Sources)
        {
            // Anything but netlink does not filter.
            if ((source.Protocols & Datagrams) != 0 && source.Source != "netlink")
            {
                return null;
            }
        }

        var cookies = new HashSet<ulong>(chosen.Sockets.Count);
        for (var i = 0; i < chosen.Sockets.Count; i++)
        {
            cookies.Add(chosen.Sockets[i].Cookie);
        }

        return cookies;
    }

    private MachineFacts Facts(
        SocketSnapshot snapshot, OwnerMap owners, IReadOnlyDictionary<int, ProcessInfo> processes, IReadOnlySet<ulong>? chosen,
        int? unseenNamespaces = 0) => new()
        {
            Snapshot = snapshot,
            Owners = owners,
            Processes = processes,
            Ephemeral = Settings().EphemeralRange,
            KernelChosenPorts = chosen,
            UnseenNamespaces = unseenNamespaces,
            ServiceName = ServiceName,
            PackageOf = PackageOf,
            PublishedBy = (process, protocol, port) => Containers.ServedBy(process, protocol, port),
            PublishedAt = (protocol, address, port, user) => Containers.PublishedAt(protocol, address, port, user),
            ContainerAt = address => Containers.At(address),
            SocketUnit = SocketUnits.Find,
            StartsOneForEach = SocketUnits.StartsOneForEach,
        };
}
