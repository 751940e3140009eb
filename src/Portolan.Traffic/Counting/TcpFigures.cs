using Portolan.Sockets;

namespace Portolan.Traffic.Counting;

/// <summary>What tcp_info says of a connection, put into its flow.</summary>
internal static class TcpFigures
{
    /// <summary>Takes the figures of a socket that was listed.</summary>
    public static void Take(TrafficFlow flow, in SocketEntry entry, in TcpDetails details)
    {
        flow.Counts = true;
        flow.TotalIn = details.BytesReceived - (HasFin(entry.State) ? Math.Min(1, details.BytesReceived) : 0);
        flow.TotalOut = details.BytesSent;
        flow.TotalRetransmits = details.TotalRetransmits;
        flow.RoundTripMicroseconds = details.RttMicroseconds;
        flow.State = entry.State;
        flow.Inode = entry.Inode;
        if (entry.HasUser)
        {
            flow.UserId = entry.UserId;
        }

        if (entry.InterfaceIndex != 0)
        {
            flow.InterfaceIndex = entry.InterfaceIndex;
        }
    }

    /// <summary>Which socket it is.</summary>
    public static void Identify(TrafficFlow flow, in SocketEntry entry, ulong space)
    {
        flow.Protocol = entry.Protocol;
        flow.Namespace = space;
        flow.LocalAddress = entry.LocalAddress;
        flow.LocalPort = entry.LocalPort;
        flow.RemoteAddress = entry.RemoteAddress;
        flow.RemotePort = entry.RemotePort;
    }

    /// <summary>The kernel counts a FIN as a byte received (tcp_rcv_nxt_update). In these states one was.</summary>
    private static bool HasFin(SocketState state) => state is SocketState.CloseWait or SocketState.LastAck or SocketState.Closing;
}
