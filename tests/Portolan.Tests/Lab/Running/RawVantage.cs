using Portolan.Lab.Running;
using Portolan.Model;
using Portolan.Packets;
using Portolan.Packets.Links;
using Portolan.Transport.Ip;

namespace Portolan.Tests.Lab.Running;

/// <summary>The vantage of a lab in virtual time, for packets made by hand.</summary>
internal sealed class RawVantage : IFrameSink, IDisposable
{
    private const byte HopLimit = 64;

    private readonly IFrameSender _sender;
    private readonly IFrameReceiver _receiver;
    private readonly List<byte[]> _received = [];

    internal RawVantage(VirtualNetwork lab, InternetAddress towards)
    {
        var network = lab.OpenVantage();
        var route = network.FindRoute(towards).Route ?? throw new InvalidOperationException($"no route to {towards}");
        var link = network.Open(route);
        (Address, _sender, _receiver) = (route.Source, link.OpenSender(),
            link.OpenReceiver(new FrameFilter([], PortNumber.Zero, new PortNumber(ushort.MaxValue))));
    }

    /// <summary>Its address.</summary>
    internal InternetAddress Address { get; }

    /// <summary>A TCP segment in a packet.</summary>
    internal static byte[] Tcp(
        InternetAddress from, InternetAddress to, ushort sourcePort, ushort port, TcpFlags flags, uint sequence = 1000, byte[]? data = null)
    {
        var packet = new byte[Headers(from) + TcpSegment.MinHeaderLength + (data?.Length ?? 0)];
        var header = new TcpHeader(new PortNumber(sourcePort), new PortNumber(port), sequence, 0, flags, 1024);
        WriteIp(packet, from, to, IpProtocol.Tcp);
        TcpWriter.Write(packet.AsSpan(Headers(from)), from, to, header, default, data);
        return packet;
    }

    /// <summary>A datagram in a packet.</summary>
    internal static byte[] Udp(InternetAddress from, InternetAddress to, ushort sourcePort, ushort port, byte[] data)
    {
        var packet = new byte[Headers(from) + 8 + data.Length];
        WriteIp(packet, from, to, IpProtocol.Udp);
        UdpWriter.Write(packet.AsSpan(Headers(from)), from, to, new PortNumber(sourcePort), new PortNumber(port), data);
        return packet;
    }

    /// <summary>An echo request of IPv4 in a packet.</summary>
    internal static byte[] Echo(InternetAddress from, InternetAddress to)
    {
        var packet = new byte[Headers(from) + 8];
        WriteIp(packet, from, to, IpProtocol.Icmp);
        IcmpWriter.WriteEchoRequest(packet.AsSpan(Headers(from)), 7, 1);
        return packet;
    }

    /// <summary>The fragments of a packet, none longer than an MTU.</summary>
    internal static List<byte[]> Cut(byte[] packet, int mtu)
    {
        var pieces = new List<byte[]>();
        var room = new byte[mtu];
        for (var from = 0; ;)
        {
            var length = packet[0] >> 4 == 4
                ? FragmentCutter.WriteIPv4(packet, ref from, mtu, room)
                : FragmentCutter.WriteIPv6(packet, UnfragmentableHeaders.None, 77, ref from, mtu, room);
            if (length == 0)
            {
                return pieces;
            }

            pieces.Add(room[..length]);
        }
    }

    internal void Send(params IEnumerable<byte[]> packets)
    {
        foreach (var packet in packets)
        {
            packet.CopyTo(_sender.Reserve());
            _sender.Commit(packet.Length);
            _sender.Flush();
        }
    }

    /// <summary>What comes until nothing has come for a time.</summary>
    internal List<byte[]> Receive(TimeSpan quiet)
    {
        _received.Clear();
        while (_receiver.Receive(this, quiet) > 0)
        {
        }

        return [.. _received];
    }

    public void OnFrame(ReadOnlySpan<byte> frame, long timestamp) => _received.Add(frame.ToArray());

    public void Dispose()
    {
        _sender.Dispose();
        _receiver.Dispose();
    }

    private static int Headers(InternetAddress address) => address.IsIPv4 ? Ipv4Writer.Length : Ipv6Writer.Length;

    private static void WriteIp(byte[] packet, InternetAddress from, InternetAddress to, IpProtocol protocol)
    {
        if (from.IsIPv4)
        {
            Ipv4Writer.Write(
                packet, from, to, protocol, packet.Length - Ipv4Writer.Length, HopLimit, dontFragment: false, identification: 77);
        }
        else
        {
            Ipv6Writer.Write(packet, from, to, protocol, packet.Length - Ipv6Writer.Length, HopLimit);
        }
    }
}
