using Portolan.Packets;

namespace Portolan.Transport.Ip;

/// <summary>Sends packets that are longer than the path's MTU in pieces.</summary>
/// <remarks>One thread at a time.</remarks>
/// <param name="host">The host.</param>
internal sealed class Fragmenter(IpHost host)
{
    private byte[] _piece = [];

    /// <summary>Sends a packet in pieces.</summary>
    /// <param name="at">The interface.</param>
    /// <param name="neighbour">The next hop, or <c>null</c>.</param>
    /// <param name="station">The Ethernet address, where there is no next hop to be asked.</param>
    /// <param name="packet">The packet; of IPv6 one of this host's, without extension headers.</param>
    /// <param name="mtu">The most bytes of a piece.</param>
    /// <param name="identification">Of IPv6: the name of the pieces. IPv4 has it in the header.</param>
    internal void Send(IpInterface at, Neighbour? neighbour, MacAddress station, ReadOnlySpan<byte> packet, int mtu, uint identification)
    {
        if (_piece.Length < mtu)
        {
            _piece = new byte[mtu];
        }

        for (var from = 0; ;)
        {
            var length = packet[0] >> 4 == 4
                ? FragmentCutter.WriteIPv4(packet, ref from, mtu, _piece)
                : FragmentCutter.WriteIPv6(packet, UnfragmentableHeaders.None, identification, ref from, mtu, _piece);
            if (length == 0)
            {
                return;
            }

            host.Counters.Sent++;
            host.Transmitter.SendTo(at, neighbour, station, _piece.AsSpan(0, length), default);
        }
    }
}
