using Portolan.Reachability.Allowing;
using Portolan.Sockets.Chart;

namespace Portolan.Web.Feed;

/// <summary>
/// All ports of a protocol as ranges: what listens, and what the firewall allows. Values stand in lists beside each other, one element
/// for a range, so that 65,535 ports of different owners stay small.
/// </summary>
/// <param name="TakenAt">When, RFC 3339.</param>
/// <param name="Ephemeral">The ports that the kernel gives to connections; <c>null</c> where that is unknown.</param>
/// <param name="Owners">The owners that <see cref="MapLayer.Owner"/> counts; <c>null</c> for one that is hidden. Hostile text.</param>
/// <param name="Layers">TCP and UDP.</param>
internal sealed record PortMap(string TakenAt, PortSpan? Ephemeral, IReadOnlyList<string?> Owners, IReadOnlyList<MapLayer> Layers)
{
    /// <summary>The map of a reading.</summary>
    /// <param name="view">The reading.</param>
    /// <param name="allowed">What the firewall allows on the ports of a protocol.</param>
    internal static PortMap Of(ChartView view, Func<TransportProtocol, AllowedPorts> allowed)
    {
        var owners = new List<string?>();
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        var layers = new[] { TransportProtocol.Tcp, TransportProtocol.Udp }.Select(protocol => Layer(
            protocol, view.Chart.Rows.Where(row => row.IsOwnNamespace && !row.IsClient && row.Protocol == protocol), NumberOf,
            AllowedRanges.Of(allowed(protocol)))).ToList();
        return new PortMap(
            TimeText.Rfc3339(view.TakenAt),
            view.Facts.Ephemeral is { Range: var range } ? new PortSpan(range.First.Value, range.Last.Value) : null, owners, layers);

        int NumberOf(PortOwner owner)
        {
            var name = owner.Kind == OwnerKind.Hidden ? "" : owner.Name.Length > 0 ? owner.Name : owner.InSentence;
            if (!numbers.TryGetValue(name, out var number))
            {
                numbers.Add(name, number = owners.Count);
                owners.Add(name.Length == 0 ? null : name);
            }

            return number;
        }
    }

    private static MapLayer Layer(
        TransportProtocol protocol, IEnumerable<ChartRow> rows, Func<PortOwner, int> numberOf, AllowedRanges? allowed)
    {
        var layer = new MapLayer(protocol.Name(), [], [], [], [], [], [], [], [], allowed);
        foreach (var port in rows.GroupBy(static r => r.Port).OrderBy(static g => g.Key.Value))
        {
            var most = port.MinBy(static r => Rank(r.Exposure))!;
            long? since = port.SelectMany(static r => r.Owner.Processes).Min(static p => p.StartedAt)?.ToUnixTimeSeconds();
            layer.Add(
                port.Key.Value, most.Exposure.Name(), numberOf(most.Owner), port.Sum(static r => r.Connections),
                Sum(port, static r => r.BytesIn), Sum(port, static r => r.BytesOut), since);
        }

        return layer;
    }

    // Of several owners of one port the one that most people reach is shown.
    private static int Rank(PortExposure exposure) => exposure switch
    {
        PortExposure.Reachable => 0,
        PortExposure.Limited => 1,
        PortExposure.Unknown => 2,
        PortExposure.Blocked => 3,
        _ => 4,
    };

    private static ulong? Sum(IEnumerable<ChartRow> rows, Func<ChartRow, ulong?> bytes) => rows.Select(bytes).Aggregate(
        (ulong?)null, static (sum, next) => next is { } value ? (sum ?? 0) + value : sum);
}

/// <summary>Ports from one to another.</summary>
/// <param name="First">The first.</param>
/// <param name="Last">The last.</param>
internal sealed record PortSpan(int First, int Last);

/// <summary>The ports of one protocol.</summary>
/// <param name="Protocol">The protocol.</param>
/// <param name="First">First ports of the ranges on which something listens, ascending.</param>
/// <param name="Last">Their last ports.</param>
/// <param name="Exposure">Who can reach them.</param>
/// <param name="Owner">Who holds them, as a position in <see cref="PortMap.Owners"/>.</param>
/// <param name="Connections">Connections to them.</param>
/// <param name="BytesIn">Payload received; <c>null</c> where the kernel does not count.</param>
/// <param name="BytesOut">Payload sent.</param>
/// <param name="Since">When the oldest owner started, in seconds since 1970; <c>null</c> where that is unknown.</param>
/// <param name="Allowed">What the firewall allows on every port; <c>null</c> where that is unknown.</param>
internal sealed record MapLayer(
    string Protocol, List<int> First, List<int> Last, List<string> Exposure, List<int> Owner, List<int> Connections, List<ulong?> BytesIn,
    List<ulong?> BytesOut, List<long?> Since, AllowedRanges? Allowed)
{
    /// <summary>Adds a port: to the last range where nothing differs.</summary>
    internal void Add(int port, string exposure, int owner, int connections, ulong? bytesIn, ulong? bytesOut, long? since)
    {
        if (Last.Count > 0 && Last[^1] == port - 1 && Exposure[^1] == exposure && Owner[^1] == owner && Connections[^1] == connections
            && BytesIn[^1] == bytesIn && BytesOut[^1] == bytesOut && Since[^1] == since)
        {
            Last[^1] = port;
            return;
        }

        First.Add(port);
        Last.Add(port);
        Exposure.Add(exposure);
        Owner.Add(owner);
        Connections.Add(connections);
        BytesIn.Add(bytesIn);
        BytesOut.Add(bytesOut);
        Since.Add(since);
    }
}

/// <summary>What the firewall allows: ports 1 to 65535 without gaps.</summary>
/// <param name="First">First ports.</param>
/// <param name="Last">Last ports.</param>
/// <param name="Decision">What happens to a new connection.</param>
/// <param name="From">From whom, in a few words. Hostile text.</param>
/// <param name="Rule">The rule that decides, or <c>null</c>. Hostile text.</param>
internal sealed record AllowedRanges(
    IReadOnlyList<int> First, IReadOnlyList<int> Last, IReadOnlyList<string> Decision, IReadOnlyList<string> From,
    IReadOnlyList<string?> Rule)
{
    /// <summary>The ranges; <c>null</c> where they are not known.</summary>
    internal static AllowedRanges? Of(AllowedPorts allowed) => allowed.State != AllowedState.Known ? null : new AllowedRanges(
        [.. allowed.Ranges.Select(static r => (int)r.Ports.First.Value)], [.. allowed.Ranges.Select(static r => (int)r.Ports.Last.Value)],
        [.. allowed.Ranges.Select(static r => r.Verdict.Decision.Name())], [.. allowed.Ranges.Select(static r => r.Verdict.Summary)],
        [.. allowed.Ranges.Select(static r => r.Verdict.Rule)]);
}
