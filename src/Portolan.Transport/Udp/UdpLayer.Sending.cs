using Portolan.Model;
using Portolan.Packets;
using Portolan.Transport.Ip;

namespace Portolan.Transport.Udp;

/// <summary>How datagrams leave.</summary>
internal sealed partial class UdpLayer
{
    private const int MostIPv4 = ushort.MaxValue - Ipv4Packet.MinHeaderLength - UdpDatagram.HeaderLength;
    private const int MostIPv6 = ushort.MaxValue - UdpDatagram.HeaderLength;

    internal UdpSendResult Send(
        UdpSocket socket, InternetAddress destination, PortNumber port, int interfaceNumber, ReadOnlySpan<byte> payload)
    {
        if (socket.IsClosed)
        {
            return UdpSendResult.Closed;
        }

        var remote = destination.Unmap();
        if (remote.IsUnspecified || port.Value == 0)
        {
            return UdpSendResult.NoDestination;
        }

        var at = socket.Binding.Interface != 0 ? socket.Binding.Interface : interfaceNumber;
        var canReach = remote.IsIPv4 ? socket.Binding.CoversIPv4 : socket.Binding.CoversIPv6;
        return canReach && _host.TryFindPath(SourceOf(socket.Binding.Address, remote), remote, at, out var path)
            ? Send(socket, path, port, payload)
            : UdpSendResult.NoRoute;
    }

    internal UdpSendResult Send(UdpSocket socket, IpPath path, PortNumber port, ReadOnlySpan<byte> payload)
    {
        var isIPv4 = path.Source.IsIPv4;
        var length = UdpDatagram.HeaderLength + payload.Length;
        var isTooBig = payload.Length > (isIPv4 ? MostIPv4 : MostIPv6)
            || (socket.Options.DontFragment && length + (isIPv4 ? Ipv4Packet.MinHeaderLength : Ipv6Packet.MinHeaderLength) > path.Mtu);
        if (isTooBig)
        {
            return UdpSendResult.TooBig;
        }

        if (path.InterfaceNumber == 0)
        {
            return UdpSendResult.NoRoute;
        }

        var room = _host.Reserve(path, length);
        if (room.IsEmpty)
        {
            HoldBack(socket);
            return UdpSendResult.Busy;
        }

        UdpWriter.Write(room, path.Source, path.Destination, socket.Binding.Port, port, payload, path.Checksum);
        if (socket.Options.OmitsChecksum)
        {
            // RFC 768: all zero is "no checksum".
            room.Slice(UdpWriter.ChecksumOffset, sizeof(ushort)).Clear();
        }

        _host.Send(new IpDeparture(
            IpProtocol.Udp, length, TrafficClass: socket.Options.TrafficClass, HopLimit: socket.Options.HopLimit,
            MayFragment: !socket.Options.DontFragment));
        Counters.Sent++;
        return UdpSendResult.Sent;
    }

    private void HoldBack(UdpSocket socket)
    {
        if (!socket.IsHeldBack)
        {
            socket.IsHeldBack = true;
            _heldBack.Add(socket);
        }
    }
}
