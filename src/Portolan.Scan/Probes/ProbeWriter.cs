using Portolan.Model;
using Portolan.Packets;
using Portolan.Packets.Links;
using Portolan.Scan.Probes.Payloads;

namespace Portolan.Scan.Probes;

/// <summary>Writes the frames of probes over one path.</summary>
/// <remarks>Immutable; any thread. Allocates nothing for a probe.</remarks>
public sealed class ProbeWriter
{
    private readonly ProbePath _path;
    private readonly ProbeCookies _cookies;
    private readonly SourcePorts _ports;
    private readonly ProbeStyle _style;
    private readonly UdpPayloads _payloads;
    private readonly TcpProbeTemplate _scan;
    private readonly TcpProbeTemplate _synPing;
    private readonly TcpProbeTemplate _ackPing;

    /// <summary>Prepares the templates of a path.</summary>
    public ProbeWriter(ProbePath path, ProbeCookies cookies, SourcePorts ports, ProbeStyle style, UdpPayloads payloads)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(style);
        _path = path;
        _cookies = cookies;
        _ports = ports;
        _style = style;
        _payloads = payloads;
        _scan = new TcpProbeTemplate(path, cookies, ports, style, style.TcpFlags);
        _synPing = new TcpProbeTemplate(path, cookies, ports, style, TcpFlags.Syn);
        _ackPing = new TcpProbeTemplate(path, cookies, ports, style, TcpFlags.Ack, isAckPing: true);
    }

    /// <summary>Writes a probe and returns the frame's length.</summary>
    /// <param name="frame">Room for the link's largest frame, or 2048 bytes.</param>
    /// <param name="nextHop">The Ethernet address of the next hop; ignored where there is none.</param>
    /// <param name="target">The target.</param>
    /// <param name="kind">What to send.</param>
    /// <param name="port">The target's port, for TCP and UDP.</param>
    /// <param name="tag">The attempt.</param>
    public int Write(Span<byte> frame, MacAddress nextHop, InternetAddress target, ProbeKind kind, ushort port, ProbeTag tag) => kind switch
    {
        ProbeKind.Tcp => _scan.Write(frame, nextHop, target, port, tag),
        ProbeKind.SynPing => _synPing.Write(frame, nextHop, target, port, tag),
        ProbeKind.AckPing => _ackPing.Write(frame, nextHop, target, port, tag),
        ProbeKind.Udp => WriteUdp(frame, nextHop, target, port, tag),
        ProbeKind.Neighbour => WriteNeighbour(frame, target),
        _ => WriteIcmp(frame, nextHop, target, kind, tag),
    };

    private int WriteUdp(Span<byte> frame, MacAddress nextHop, InternetAddress target, ushort port, ProbeTag tag)
    {
        var cookie = _cookies.Of(_path.Source, target, port, (byte)IpProtocol.Udp);
        var payload = _payloads.For(new PortNumber(port), tag.IsControl ? 0 : tag.Attempt).Span;
        var datagram = frame[_path.TransportOffset..];
        var length = payload.Length;
        if (length == 0)
        {
            length = Math.Min(_style.PaddingLength, _path.Mtu - _path.TransportOffset - UdpDatagram.HeaderLength);
            datagram.Slice(UdpDatagram.HeaderLength, length).Clear();
            payload = datagram.Slice(UdpDatagram.HeaderLength, length);
        }

        length = UdpWriter.Write(
            datagram, _path.Source, target, new PortNumber(_ports.PortOf(tag, cookie.PortBits)), new PortNumber(port), payload);
        return WriteBelow(frame, nextHop, target, IpProtocol.Udp, length, cookie.Identification, _style.TimeToLive);
    }

    private int WriteIcmp(Span<byte> frame, MacAddress nextHop, InternetAddress target, ProbeKind kind, ProbeTag tag)
    {
        var protocol = target.IsIPv4 ? IpProtocol.Icmp : IpProtocol.Icmpv6;
        var cookie = _cookies.Of(_path.Source, target, 0, (byte)protocol);
        Span<byte> data = stackalloc byte[sizeof(ulong)];
        BitConverter.TryWriteBytes(data, cookie.Value);
        var message = frame[_path.TransportOffset..];
        var sequence = IcmpCookie.Sequence(tag);
        var length = kind == ProbeKind.Timestamp
            ? IcmpWriter.WriteTimestampRequest(message, cookie.Identification, sequence, originate: IcmpCookie.Originate(cookie))
            : target.IsIPv4
                ? IcmpWriter.WriteEchoRequest(message, cookie.Identification, sequence, data)
                : Icmpv6Writer.WriteEchoRequest(message, _path.Source, target, cookie.Identification, sequence, data);
        return WriteBelow(frame, nextHop, target, protocol, length, cookie.Identification, _style.TimeToLive);
    }

    private int WriteNeighbour(Span<byte> frame, InternetAddress target)
    {
        if (target.IsIPv4)
        {
            EthernetWriter.Write(frame, MacAddress.Broadcast, _path.HardwareAddress, EtherType.Arp);
            return EthernetWriter.Length
                + ArpWriter.WriteRequest(frame[EthernetWriter.Length..], _path.HardwareAddress, _path.Source, target);
        }

        var group = NeighbourDiscoveryWriter.SolicitedNodeAddress(target);
        var length =
            NeighbourDiscoveryWriter.WriteSolicitation(frame[_path.TransportOffset..], _path.Source, group, target, _path.HardwareAddress);
        var multicast = NeighbourDiscoveryWriter.MulticastHardwareAddress(group);
        return WriteBelow(frame, multicast, group, IpProtocol.Icmpv6, length, 0, NeighbourDiscoveryWriter.HopLimit);
    }

    private int WriteBelow(
        Span<byte> frame, MacAddress nextHop, InternetAddress target, IpProtocol protocol, int length, ushort identification,
        byte timeToLive)
    {
        if (target.IsIPv4)
        {
            Ipv4Writer.Write(frame[_path.IpOffset..], _path.Source, target, protocol, length, timeToLive, identification);
        }
        else
        {
            Ipv6Writer.Write(frame[_path.IpOffset..], _path.Source, target, protocol, length, timeToLive);
        }

        if (_path.Layer == LinkLayer.Ethernet)
        {
            EthernetWriter.Write(frame, nextHop, _path.HardwareAddress, target.IsIPv4 ? EtherType.Ipv4 : EtherType.Ipv6);
        }

        return _path.TransportOffset + length;
    }
}
