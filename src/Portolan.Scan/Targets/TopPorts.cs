using Portolan.Model;

namespace Portolan.Scan.Targets;

/// <summary>
/// The ports worth trying first, best first: by published counts of open ports and by the defaults of programs (<c>data/top-ports.txt</c>,
/// with the sources of each), then what else the registry assigns.
/// </summary>
/// <remarks>The table lies in the program's read-only data: it costs nothing before it is read.</remarks>
public static partial class TopPorts
{
    /// <summary>How many a scan takes when no ports are named.</summary>
    public const int DefaultCount = 1000;

    /// <summary>How many <c>-F</c> takes.</summary>
    public const int FastCount = 100;

    /// <summary>The ports of a protocol, best first; empty for protocols other than TCP and UDP. Not every port is in it.</summary>
    public static ReadOnlySpan<ushort> InOrder(TransportProtocol protocol) => protocol switch
    {
        TransportProtocol.Tcp => Tcp,
        TransportProtocol.Udp => Udp,
        _ => default,
    };

    /// <summary>The place of a port in the order, from 0; behind all others where it is not in it.</summary>
    public static int PlaceOf(TransportProtocol protocol, PortNumber port) =>
        InOrder(protocol).IndexOf(port.Value) is >= 0 and var place ? place : int.MaxValue;

    /// <summary>
    /// The part of open ports that the first so many ports have, 0 to 1, by the counts and estimates of <c>data/README.md</c>. Ports that
    /// no source names are not in it: services on unusual ports are many (Izhikevich, Teixeira, Durumeric: LZR, USENIX Security 2021).
    /// </summary>
    /// <param name="protocol">TCP or UDP.</param>
    /// <param name="count">How many ports.</param>
    public static double ShareOf(TransportProtocol protocol, int count)
    {
        var shares = protocol switch
        {
            TransportProtocol.Tcp => TcpShares,
            TransportProtocol.Udp => UdpShares,
            _ => default,
        };
        return count <= 0 || shares.IsEmpty ? 0 : count >= shares.Length ? 1 : shares[count - 1] / 1000.0;
    }

    /// <summary>The first so many ports of a protocol.</summary>
    /// <param name="protocol">TCP or UDP.</param>
    /// <param name="count">0 to 65,535. Beyond what the order has, the ports from 1 on follow in numerical order.</param>
    public static PortSet Take(TransportProtocol protocol, int count)
    {
        var order = InOrder(protocol);
        var ports = new PortSet();
        foreach (var port in order[..Math.Clamp(count, 0, order.Length)])
        {
            ports.Add(new PortNumber(port));
        }

        for (int port = 1, missing = Math.Min(count, PortNumber.Count - 1) - order.Length; missing > 0; port++)
        {
            missing -= ports.Add(new PortNumber((ushort)port)) ? 1 : 0;
        }

        return ports;
    }
}
