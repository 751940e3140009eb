using Portolan.Model;
using Portolan.Model.Registry;

namespace Portolan.Scan.Targets;

/// <summary>The ports worth trying first, in our own order; no frequency is claimed.</summary>
public static partial class TopPorts
{
    /// <summary>The first so many ports of a protocol.</summary>
    /// <param name="protocol">TCP or UDP.</param>
    /// <param name="count">0 to 65,536. Beyond what the list and the registry have, the rest follows in numerical order.</param>
    public static PortSet Take(TransportProtocol protocol, int count)
    {
        var ports = new PortSet();
        foreach (var port in InOrder(protocol))
        {
            if (ports.Count >= count)
            {
                break;
            }

            ports.Add(port);
        }

        return ports;
    }

    // For now the registry alone.
    private static IEnumerable<PortNumber> InOrder(TransportProtocol protocol)
    {
        for (var i = 1; i < PortNumber.Count; i++)
        {
            var port = new PortNumber((ushort)i);
            if (!ServiceRegistry.BuiltIn.PrimaryName(port, protocol).IsEmpty)
            {
                yield return port;
            }
        }
    }
}
