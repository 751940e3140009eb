using Portolan.Packets;
using Portolan.Transport;
using Portolan.Transport.Ip;

namespace Portolan.Lab.Scenarios;

/// <summary>Sends segments and datagrams that no socket would send, past TCP and UDP, as a scanner or a test does.</summary>
internal static class CraftedPackets
{
    /// <summary>Sends a SYN without a connection behind it.</summary>
    internal static void SendSyn(NetworkStack from, InternetAddress to, PortNumber sourcePort, PortNumber destinationPort) =>
        Send(from, to, IpProtocol.Tcp, TcpSegment.MinHeaderLength, (room, path) =>
            TcpWriter.Write(
                room, path.Source, path.Destination, new TcpHeader(sourcePort, destinationPort, 1000, 0, TcpFlags.Syn, 1024),
                checksum: path.Checksum));

    /// <summary>Sends a datagram from any port, 0 too.</summary>
    internal static void SendDatagram(
        NetworkStack from, InternetAddress to, PortNumber sourcePort, PortNumber destinationPort, byte[] data) =>
        Send(from, to, IpProtocol.Udp, UdpDatagram.HeaderLength + data.Length, (room, path) =>
            UdpWriter.Write(room, path.Source, path.Destination, sourcePort, destinationPort, data, path.Checksum));

    private static void Send(NetworkStack from, InternetAddress to, IpProtocol protocol, int length, Action<Span<byte>, IpPath> write) =>
        from.Invoke(_ =>
    {
        var ip = from.Layers.Ip;
        if (!ip.TryBorrowPath(InternetAddress.AnyIPv4, to, 0, out var path) || ip.Reserve(path, length) is not { IsEmpty: false } room)
        {
            throw new PortolanException($"{from.Name} has no way to {to}", $"give both a network, and a router between", ExitCode.Failed);
        }

        write(room, path);
        ip.Send(new IpDeparture(protocol, length));
        return true;
    });
}
