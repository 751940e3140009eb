using Portolan.Sockets.Owners;

namespace Portolan.Traffic.Grouping;

/// <summary>One row: what it is, and what its sockets carried since counting began.</summary>
public sealed class TrafficRow
{
    private readonly Dictionary<string, ulong> _owners = new(StringComparer.Ordinal);
    private double _roundTrips;
    private int _roundTripCount;

    /// <summary>What makes it another row than all that have the same grouping.</summary>
    public required TrafficRowKey Key { get; init; }

    /// <summary>The process, of a row of processes that are known.</summary>
    public ProcessInfo? Process { get; init; }

    /// <summary>Payload bytes received; <c>null</c> where none of its sockets can be counted.</summary>
    public ulong? BytesIn { get; private set; }

    /// <summary>Payload bytes sent.</summary>
    public ulong? BytesOut { get; private set; }

    /// <summary>Datagrams received; <c>null</c> where it has no datagram sockets that are counted.</summary>
    public ulong? DatagramsIn { get; private set; }

    /// <summary>Datagrams sent.</summary>
    public ulong? DatagramsOut { get; private set; }

    /// <summary>Connections that are open now; <c>null</c> for datagrams alone, which have none.</summary>
    public int? Connections { get; private set; }

    /// <summary>Connections that began while counting; <c>null</c> for datagrams alone.</summary>
    public int? New { get; private set; }

    /// <summary>Segments sent again; <c>null</c> where that is not known.</summary>
    public ulong? Retransmits { get; private set; }

    /// <summary>The mean of the smoothed round trips of its connections, in milliseconds; <c>null</c> where there is none.</summary>
    public double? RoundTripMilliseconds => _roundTripCount == 0 ? null : _roundTrips / _roundTripCount / 1000;

    /// <summary>Names of its processes, those that carried most first. Hostile text.</summary>
    public IReadOnlyList<string> Owners =>
        [.. _owners.OrderByDescending(static o => o.Value).ThenBy(static o => o.Key, StringComparer.Ordinal).Select(static o => o.Key)];

    /// <summary>Bytes received since the look before the last.</summary>
    public ulong? RecentIn { get; private set; }

    /// <summary>Bytes sent since the look before the last.</summary>
    public ulong? RecentOut { get; private set; }

    /// <summary>Connections that began since the look before the last.</summary>
    public int? RecentNew { get; private set; }

    /// <summary>All bytes, for the order.</summary>
    public ulong Bytes => (BytesIn ?? 0) + (BytesOut ?? 0);

    internal void Add(TrafficFlow flow, in FlowPart part, bool isMain)
    {
        BytesIn = Sum(BytesIn, part.BytesIn);
        BytesOut = Sum(BytesOut, part.BytesOut);
        RecentIn = Sum(RecentIn, part.RecentIn);
        RecentOut = Sum(RecentOut, part.RecentOut);
        if (!isMain)
        {
            return;
        }

        DatagramsIn = Sum(DatagramsIn, flow.DatagramsIn);
        DatagramsOut = Sum(DatagramsOut, flow.DatagramsOut);
        Retransmits = Sum(Retransmits, flow.Retransmits);
        if (flow.Protocol is not (SocketProtocol.Udp or SocketProtocol.UdpLite))
        {
            Connections = (Connections ?? 0) + (flow.IsClosed ? 0 : 1);
            New = (New ?? 0) + flow.New;
            RecentNew = (RecentNew ?? 0) + flow.RecentNew;
        }

        if (flow.RoundTripMicroseconds > 0)
        {
            _roundTrips += flow.RoundTripMicroseconds;
            _roundTripCount++;
        }
    }

    internal void AddOwner(string name, ulong bytes) => _owners[name] = _owners.GetValueOrDefault(name) + bytes;

    private static ulong? Sum(ulong? left, ulong? right) => left is null ? right : left + (right ?? 0);
}

/// <summary>What a row is: of these facts those that its grouping has; the others are absent.</summary>
/// <param name="Grouping">The grouping.</param>
public sealed record TrafficRowKey(TrafficGrouping Grouping)
{
    /// <summary>The protocol, of a port or a connection.</summary>
    public SocketProtocol? Protocol { get; init; }

    /// <summary>The port that was dialled; <c>null</c> where that is unknown: a datagram socket that sends to many.</summary>
    public PortNumber? Port { get; init; }

    /// <summary>Which end dialled.</summary>
    public FlowRole Role { get; init; }

    /// <summary>The pid, where rows are processes; <c>null</c> else.</summary>
    public int? ProcessId { get; init; }

    /// <summary>
    /// The name of the process, unit, container, user or interface; <c>null</c> for sockets that have none. Hostile text.
    /// </summary>
    public string? Name { get; init; }

    /// <summary>The local address of a connection.</summary>
    public InternetAddress? LocalAddress { get; init; }

    /// <summary>The local port of a connection.</summary>
    public PortNumber? LocalPort { get; init; }

    /// <summary>The remote address; <c>null</c> where there is no single one.</summary>
    public InternetAddress? RemoteAddress { get; init; }

    /// <summary>The remote port of a connection.</summary>
    public PortNumber? RemotePort { get; init; }

    /// <summary>The network namespace of a connection that is not in the own one.</summary>
    public ulong Namespace { get; init; }
}
