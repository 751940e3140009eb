using Portolan.Model;
using Portolan.Packets;
using Portolan.Packets.Links;
using Portolan.Transport.Buffers;

namespace Portolan.Transport.Ip;

/// <summary>
/// Sends packets of this host. A packet that can leave at once is written into the link's own room; all others (the neighbour is not known,
/// it is to be cut) are written aside first.
/// </summary>
/// <remarks>One thread at a time.</remarks>
/// <param name="host">The host.</param>
internal sealed class Transmitter(IpHost host)
{
    private byte[] _aside = [];
    private RoutedPath? _path;
    private Place _place;
    private PacketHandle _buffer;
    private ushort _count;

    private enum Place : byte
    {
        None,
        Frame,
        Loopback,
        Aside,
    }

    /// <summary>The Ethernet address of a group (RFC 1112 section 6.4, RFC 2464 section 7).</summary>
    internal static MacAddress GroupStation(InternetAddress group) =>
        group.IsIPv4 ? IgmpWriter.MulticastHardwareAddress(group) : NeighbourDiscoveryWriter.MulticastHardwareAddress(group);

    internal Span<byte> Reserve(RoutedPath path, int length)
    {
        Abandon();
        path.Refresh();
        _path = path;
        var header = path.Source.IsIPv4 ? Ipv4Writer.Length : Ipv6Writer.Length;
        var total = header + length;
        if (path.IsLoopback)
        {
            if (host.LoopbackQueue.TryRent(total, out _buffer))
            {
                _place = Place.Loopback;
                return host.Pool.Bytes(_buffer).Slice(header, length);
            }

            host.MustRetry = true;
            return default;
        }

        if (path.Interface is { IsLoopback: false } at && total <= Math.Max(path.Mtu, path.MaxSuperSegment) && IsReady(at, path))
        {
            var frame = at.Reserve(at.LinkHeaderLength + total);
            if (!frame.IsEmpty)
            {
                _place = Place.Frame;
                return frame.Slice(at.LinkHeaderLength + header, length);
            }

            if (at.IsBusy)
            {
                host.MustRetry = true;
                return default;
            }
        }

        _place = Place.Aside;
        return Aside(total).Slice(header, length);
    }

    internal void Send(in IpDeparture packet)
    {
        var (path, place) = (_path!, _place);
        _place = Place.None;
        var total = (path.Source.IsIPv4 ? Ipv4Writer.Length : Ipv6Writer.Length) + packet.Length;
        switch (place)
        {
            case Place.Frame:
                var at = path.Interface!;
                var frame = at.Reserve(at.LinkHeaderLength + total);
                var start = WriteLinkHeader(at, frame, path);
                WriteHeader(frame[start..], path, packet);
                LoopToMembers(path, frame.Slice(start, total));
                at.Commit(start + total, Shift(OffloadOf(at, frame.Slice(start, total), packet), start));
                host.Counters.Sent++;
                break;
            case Place.Loopback:
                WriteHeader(host.Pool.Bytes(_buffer), path, packet);
                host.LoopbackQueue.Add(_buffer, total, host.InterfaceOf(path.InterfaceNumber)!);
                host.Counters.Sent++;
                break;
            case Place.Aside:
                WriteHeader(_aside, path, packet);
                SendAside(path, _aside.AsSpan(0, total), packet);
                break;
            default:
                throw new InvalidOperationException("a packet is sent without room reserved for it");
        }
    }

    /// <summary>Sends a packet to a neighbour, or keeps it until its address is known.</summary>
    internal void SendTo(IpInterface at, Neighbour? neighbour, MacAddress station, ReadOnlySpan<byte> packet, in FrameOffload offload)
    {
        if (neighbour is null)
        {
            SendFrame(at, station, packet, offload);
        }
        else if (neighbour.TryUse(host.Now))
        {
            SendFrame(at, neighbour.HardwareAddress, packet, offload);
        }
        else
        {
            neighbour.Hold(packet, offload, host.Now);
        }
    }

    /// <summary>Sends a packet as a frame to a station, which means nothing on a link of plain IP.</summary>
    internal void SendFrame(IpInterface at, MacAddress station, ReadOnlySpan<byte> packet, in FrameOffload offload)
    {
        if (at.IsLoopback)
        {
            host.LoopbackQueue.Copy(packet, at);
            return;
        }

        if (packet.Length > at.Mtu && offload.SegmentSize == 0)
        {
            // It waited for its neighbour, and the MTU fell.
            host.Counters.Drop(IpDrop.TooBig);
            return;
        }

        var header = at.LinkHeaderLength;
        var frame = at.Reserve(header + packet.Length);
        if (frame.IsEmpty)
        {
            host.Counters.Drop(IpDrop.LinkBusy);
            return;
        }

        if (header > 0)
        {
            EthernetWriter.Write(frame, station, at.HardwareAddress, packet[0] >> 4 == 4 ? EtherType.Ipv4 : EtherType.Ipv6);
        }

        packet.CopyTo(frame[header..]);
        at.Commit(header + packet.Length, Shift(offload, header));
    }

    private static FrameOffload Shift(in FrameOffload offload, int by) => offload.IsNone
        ? offload
        : offload with
        {
            ChecksumStart = offload.ChecksumStart + by,
            HeaderLength = offload.HeaderLength == 0 ? 0 : offload.HeaderLength + by,
        };

    private static bool LeavesChecksum(IpProtocol protocol) => protocol is IpProtocol.Tcp or IpProtocol.Udp;

    private static int ChecksumOffset(IpProtocol protocol) => protocol == IpProtocol.Tcp ? 16 : UdpWriter.ChecksumOffset;

    /// <summary>What is left to the link. A UDP checksum of zero says that there is none (RFC 768), so nothing is left.</summary>
    private static FrameOffload OffloadOf(IpInterface at, ReadOnlySpan<byte> packet, in IpDeparture departure)
    {
        var start = packet.Length - departure.Length;
        if (!LeavesChecksum(departure.Protocol) || !at.CanCompleteChecksums)
        {
            return default;
        }

        var offset = ChecksumOffset(departure.Protocol);
        var hasNone = departure.Protocol == IpProtocol.Udp && packet[start + offset] == 0 && packet[start + offset + 1] == 0;
        var headers = departure.SegmentSize == 0 ? 0 : start + ((packet[start + 12] >> 4) * 4);
        return hasNone ? default : new FrameOffload(start, offset, departure.SegmentSize, headers, packet[0] >> 4 == 4);
    }

    private bool IsReady(IpInterface at, RoutedPath path) =>
        at.Layer == LinkLayer.Ip || path.Delivery != IpDelivery.Host || path.FindNeighbour().TryUse(host.Now);

    private static int WriteLinkHeader(IpInterface at, Span<byte> frame, RoutedPath path)
    {
        if (at.Layer == LinkLayer.Ip)
        {
            return 0;
        }

        var station = path.Delivery == IpDelivery.Host ? path.FindNeighbour().HardwareAddress : StationOf(path);
        return EthernetWriter.Write(frame, station, at.HardwareAddress, path.Source.IsIPv4 ? EtherType.Ipv4 : EtherType.Ipv6);
    }

    private static MacAddress StationOf(RoutedPath path) =>
        path.Delivery == IpDelivery.Broadcast ? MacAddress.Broadcast : GroupStation(path.Destination);

    private void WriteHeader(Span<byte> room, RoutedPath path, in IpDeparture packet)
    {
        var traffic = (byte)((packet.TrafficClass << 2) | (byte)packet.Ecn);

        // RFC 1112 section 6.1: what goes to a group has a TTL of 1 unless told otherwise.
        var hops = packet.HopLimit != 0 ? packet.HopLimit : path.Delivery == IpDelivery.Multicast ? (byte)1 : host.Options.HopLimit;
        if (path.Source.IsIPv4)
        {
            // RFC 6864 section 4.1: only what may be cut needs a name.
            var mayCut = packet.MayFragment || path.IsCut;
            var name = host.Options.CountsPackets
                ? ++_count
                : mayCut ? (ushort)host.Identifiers.Next(path.Source, path.Destination) : (ushort)0;
            Ipv4Writer.Write(room, path.Source, path.Destination, packet.Protocol, packet.Length, hops, name, !mayCut, traffic);
        }
        else
        {
            Ipv6Writer.Write(room, path.Source, path.Destination, packet.Protocol, packet.Length, hops, path.FlowLabel, traffic);
        }
    }

    private void SendAside(RoutedPath path, Span<byte> packet, in IpDeparture departure)
    {
        if (path.Interface is not { } at)
        {
            host.Counters.Drop(IpDrop.NoRoute);
            return;
        }

        LoopToMembers(path, packet);
        var offload = OffloadOf(at, packet, departure);
        var station = path.Delivery == IpDelivery.Host ? default : StationOf(path);
        var neighbour = at.Layer == LinkLayer.Ip || at.IsLoopback || path.Delivery != IpDelivery.Host ? null : path.FindNeighbour();
        var isSuper = departure.SegmentSize > 0 && packet.Length <= path.MaxSuperSegment;
        if (packet.Length <= path.Mtu || isSuper)
        {
            host.Counters.Sent++;
            SendTo(at, neighbour, station, packet, offload);
        }
        else if (!departure.MayFragment)
        {
            host.Counters.Drop(IpDrop.TooBig);
        }
        else
        {
            if (!offload.IsNone)
            {
                // A link completes the checksum of a whole packet only.
                PartialChecksum.TryComplete(packet, offload.ChecksumStart, offload.ChecksumOffset);
            }

            host.Fragmenter.Send(at, neighbour, station, packet, path.Mtu, host.Identifiers.Next(path.Source, path.Destination));
        }
    }

    /// <summary>What goes to many goes to this host too, where it listens.</summary>
    private void LoopToMembers(RoutedPath path, ReadOnlySpan<byte> packet)
    {
        var at = path.Interface!;
        if (!at.IsLoopback
            && (path.Delivery == IpDelivery.Broadcast || (path.Delivery == IpDelivery.Multicast && at.Groups.Contains(path.Destination))))
        {
            host.LoopbackQueue.Copy(packet, at);
        }
    }

    private Span<byte> Aside(int length)
    {
        if (_aside.Length < length)
        {
            _aside = new byte[Math.Max(length, 2048)];
        }

        return _aside;
    }

    /// <summary>Room that was reserved and never used.</summary>
    private void Abandon()
    {
        if (_place == Place.Loopback)
        {
            host.Pool.Return(_buffer);
        }

        _place = Place.None;
    }
}
