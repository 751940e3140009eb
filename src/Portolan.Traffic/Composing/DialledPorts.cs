using Portolan.Firewall.Connections;
using Portolan.Linux;
using Portolan.Linux.Netlink;
using Portolan.Linux.Proc;
using Portolan.Traffic.Counting;

namespace Portolan.Traffic.Composing;

/// <summary>The ports that peers dialled, of connections that the kernel translates: to published ports of containers.</summary>
public static class DialledPorts
{
    /// <summary>Reads them; <c>null</c> where nothing is tracked, or it may not be read.</summary>
    public static DialledDestinations? Read(CancellationToken cancellationToken)
    {
        if (ConnectionTracking.Read() is null)
        {
            return null;
        }

        try
        {
            using var channel = NetlinkSocket.Open(NetlinkFamily.Netfilter);
            var ports = new DialledDestinations();
            foreach (var connection in new ConnectionTracker(channel).ListLedOn(cancellationToken))
            {
                if (connection.DestinationPort != 0 && connection.AnsweringPort != 0)
                {
                    ports.Add(
                        (TransportProtocol)connection.Protocol, connection.Source, connection.SourcePort,
                        new PortNumber(connection.DestinationPort), connection.AnsweringPort);
                }
            }

            return ports;
        }
        catch (LinuxException)
        {
            return null; // without CAP_NET_ADMIN connections count for the port of their socket
        }
    }
}
