using Portolan.Model;
using Portolan.Sockets;
using Portolan.Traffic;
using Portolan.Traffic.Counting;
using Portolan.Traffic.Grouping;

namespace Portolan.Tests.Traffic;

/// <summary>Flows and rows with figures that a test chooses.</summary>
internal static class TrafficSamples
{
    /// <summary>A connection that a peer made to a port of this host.</summary>
    public static TrafficFlow Served(ulong cookie, ushort port, ulong bytesIn, ulong bytesOut, ushort peerPort = 40_000) => new()
    {
        Cookie = cookie,
        Protocol = SocketProtocol.Tcp,
        Namespace = 1,
        LocalAddress = InternetAddress.LoopbackIPv4,
        LocalPort = port,
        RemoteAddress = InternetAddress.FromIPv4(0xc0000201),
        RemotePort = peerPort,
        Role = FlowRole.Server,
        State = SocketState.Established,
        Counts = true,
        HasBase = true,
        New = 1,
        TotalIn = bytesIn,
        TotalOut = bytesOut,
    };

    /// <summary>A reading of flows in the own namespace.</summary>
    public static TrafficReading Reading(params IReadOnlyCollection<TrafficFlow> flows) =>
        new(flows, new TrafficLosses(0, 0, null, null, null)) { Namespaces = [new NetworkNamespace(1, null, 0, IsOwn: true)] };

    /// <summary>A summary of rows by port, with a port for each pair of figures.</summary>
    public static TrafficSummary Summary(IEnumerable<(ushort Port, ulong In, ulong Out)> ports)
    {
        var rows = new List<RatedRow>();
        var cookie = 0UL;
        foreach (var (port, bytesIn, bytesOut) in ports)
        {
            var row = new TrafficRow
            {
                Key = new TrafficRowKey(TrafficGrouping.Port)
                {
                    Protocol = SocketProtocol.Tcp,
                    Port = new PortNumber(port),
                    Role = FlowRole.Server,
                },
            };
            row.Add(Served(++cookie, port, bytesIn, bytesOut), new FlowPart(0, null, bytesIn, bytesOut, bytesIn, bytesOut), isMain: true);
            row.AddOwner("a-program-with-a-long-name", bytesIn);
            rows.Add(new RatedRow(row, bytesIn, bytesOut, 1, [1, 5, 0, 9, 3, 2]));
        }

        return new TrafficSummary(rows, new Unattributed([], 12, -5), new TrafficLosses(0, 0, null, null, null))
        {
            Elapsed = TimeSpan.FromSeconds(10),
            Interval = TimeSpan.FromSeconds(1),
        };
    }
}
