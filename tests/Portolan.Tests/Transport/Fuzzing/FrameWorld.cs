using Portolan.Model;
using Portolan.Packets;
using Portolan.Tests.Packets;
using Portolan.Transport.Ip;
using Portolan.Transport.Ports;
using Portolan.Transport.Tcp;
using Portolan.Transport.Testing;
using Portolan.Transport.Udp;
using static System.Buffers.Binary.BinaryPrimitives;

namespace Portolan.Tests.Transport.Fuzzing;

/// <summary>
/// A host on a wire that gets frames of any kind. What it sends is looked at as in every world, and in the end it holds nothing that it did
/// not hold before.
/// </summary>
internal sealed class FrameWorld : IUdpOwner, IDisposable
{
    private readonly SimWorld _world = new(1);
    private readonly SimHost _host;
    private readonly IpInterface _at;
    private readonly byte[] _room = new byte[65_536];

    internal FrameWorld(bool isRouter)
    {
        _host = _world.AddHost(new SimHostOptions { Name = "host", IsRouter = isRouter });
        var cable = _world.Connect(_host, _world.AddHost("peer"));
        _at = cable.LeftInterface;
        foreach (var address in (InternetAddress[])[
            PacketSamples.Ours, PacketSamples.Theirs, PacketSamples.Ours6, PacketSamples.Theirs6, StackSamples.LinkLocal6])
        {
            _host.AddAddress(_at, $"{address}", address.IsIPv4 ? 24 : 64);
        }

        _host.Do(() =>
        {
            foreach (var group in (InternetAddress[])[StackSamples.Group, StackSamples.Group6])
            {
                Assert.True(_host.Ip.TryJoin(_at.Number, group, out _));
            }

            foreach (var port in (ushort[])[9, 53, 40_000])
            {
                _host.Udp.Bind(
                    new PortBinding(TransportProtocol.Udp, InternetAddress.AnyIPv6, new PortNumber(port)),
                    new UdpSocketOptions { TakesErrors = true }, out var socket);
                socket!.Owner = this;
            }

            Assert.True(_host.Tcp.TryListen(
                new TcpListenRequest(InternetAddress.AnyIPv6, new PortNumber(80), IsDualStack: true), out _, out _));
        });
        _world.Run(TimeSpan.FromSeconds(5));
    }

    /// <summary>Gives the host a frame. Returns what came of it.</summary>
    internal string Take(byte[] frame)
    {
        PacketAccessors.ReadFrame(frame);
        var before = Counts();
        _host.Do(() => _host.Ip.OnFrame(_at.Number, frame, _host.Now));
        _world.Run(TimeSpan.FromMilliseconds(20));
        var after = Counts();
        return string.Join(' ', after.Where(pair => pair.Value != before[pair.Key]).Select(static pair => pair.Key));
    }

    /// <summary>After some minutes of silence nothing is left of what came.</summary>
    internal void End()
    {
        _world.Run(TimeSpan.FromMinutes(5));
        if (_host.Pool.InUse + _host.Tcp.ConnectionCount + _host.Tcp.HalfOpenCount + _host.Tcp.TimeWaitCount != 0 || _host.Ports.Count != 4)
        {
            _world.Fail($"{_host.Pool.InUse} buffers, {_host.Tcp.ConnectionCount} connections, {_host.Tcp.HalfOpenCount} half-open ones "
                + $"and {_host.Ports.Count} ports are left");
        }
    }

    public void Dispose() => _world.Dispose();

    /// <summary>Makes a frame be for the host, and its checksums right, as far as it has any.</summary>
    internal void Mend(byte[] frame)
    {
        if (frame.Length < EthernetWriter.Length + 40)
        {
            return;
        }

        WriteUInt16BigEndian(frame, (ushort)(_at.HardwareAddress.Value >> 32));
        WriteUInt32BigEndian(frame.AsSpan(2), (uint)_at.HardwareAddress.Value);
        var packet = frame.AsSpan(EthernetWriter.Length);
        var isIPv4 = packet[0] >> 4 == 4;
        var header = isIPv4 ? (packet[0] & 15) * 4 : Ipv6Writer.Length;
        if (isIPv4 && header is >= 20 and <= 60 && header <= packet.Length)
        {
            WriteUInt16BigEndian(packet[2..], (ushort)packet.Length);
            WriteUInt16BigEndian(packet[10..], 0);
            WriteUInt16BigEndian(packet[10..], InternetChecksum.Of(packet[..header]));
        }
        else if (packet[0] >> 4 == 6)
        {
            WriteUInt16BigEndian(packet[4..], (ushort)(packet.Length - header));
        }

        MendUpper(packet, isIPv4);
    }

    private static void MendUpper(Span<byte> bytes, bool isIPv4)
    {
        if (isIPv4 && Ipv4Packet.TryRead(bytes, out var v4) && !v4.IsLaterFragment)
        {
            MendUpper(bytes[v4.HeaderLength..v4.TotalLength], v4.Protocol, v4.Source, v4.Destination);
        }
        else if (!isIPv4 && Ipv6Packet.TryRead(bytes, out var v6) && !v6.IsLaterFragment)
        {
            MendUpper(bytes[v6.HeaderLength..v6.TotalLength], v6.Protocol, v6.Source, v6.Destination);
        }
    }

    private static void MendUpper(Span<byte> bytes, IpProtocol protocol, InternetAddress source, InternetAddress destination)
    {
        var offset = protocol switch
        {
            IpProtocol.Tcp => 16,
            IpProtocol.Udp => 6,
            IpProtocol.Icmp or IpProtocol.Icmpv6 or IpProtocol.Igmp => 2,
            _ => -1,
        };
        if (offset < 0 || bytes.Length < offset + 2)
        {
            return;
        }

        if (protocol == IpProtocol.Udp)
        {
            WriteUInt16BigEndian(bytes[4..], (ushort)bytes.Length);
        }

        WriteUInt16BigEndian(bytes[offset..], 0);
        var sum = protocol is IpProtocol.Icmp or IpProtocol.Igmp
            ? InternetChecksum.Of(bytes)
            : InternetChecksum.OfTransport(source, destination, protocol, bytes);
        WriteUInt16BigEndian(bytes[offset..], sum);
    }

    void IUdpOwner.OnReceived(UdpSocket socket)
    {
        while (socket.TryReceive(_room, out _))
        {
        }
    }

    void IUdpOwner.OnError(UdpSocket socket)
    {
        while (socket.TryTakeError(out _))
        {
        }
    }

    void IUdpOwner.OnWritable(UdpSocket socket)
    {
    }

    private Dictionary<string, long> Counts()
    {
        var (ip, tcp, udp) = (_host.Ip.Counters, _host.Tcp.Counters, _host.Udp.Counters);
        var counts = new Dictionary<string, long>(StringComparer.Ordinal)
        {
            ["delivered"] = ip.Delivered,
            ["forwarded"] = ip.Forwarded,
            ["error"] = ip.ErrorsSent,
            ["sent"] = ip.Sent,
            ["udp"] = udp.Delivered,
            ["udp-malformed"] = udp.Malformed,
            ["udp-checksum"] = udp.BadChecksum,
            ["udp-closed"] = udp.NoPort,
            ["udp-error"] = udp.Errors,
            ["udp-stray-error"] = udp.StrayErrors,
            ["tcp-sent"] = tcp.SegmentsSent,
            ["tcp-reset"] = tcp.ResetsSent,
            ["tcp-half-open"] = _host.Tcp.HalfOpenCount,
            ["held"] = _host.Pool.InUse,
        };
        foreach (var reason in Enum.GetValues<IpDrop>())
        {
            counts[$"ip:{reason}"] = ip[reason];
        }

        foreach (var reason in Enum.GetValues<TcpDrop>())
        {
            counts[$"tcp:{reason}"] = tcp.Dropped(reason);
        }

        return counts;
    }
}
