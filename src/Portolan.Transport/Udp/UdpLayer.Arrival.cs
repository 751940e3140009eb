using Portolan.Model;
using Portolan.Packets;
using Portolan.Transport.Demultiplexing;
using Portolan.Transport.Ip;
using static System.Buffers.Binary.BinaryPrimitives;

namespace Portolan.Transport.Udp;

/// <summary>What comes in: datagrams, and errors about those that were sent.</summary>
internal sealed partial class UdpLayer
{
    /// <inheritdoc/>
    public IpAnswer OnPacket(in IpArrival arrival, ReadOnlySpan<byte> packet, Instant now)
    {
        Counters.Received++;
        if (!UdpDatagram.TryRead(packet, out var datagram))
        {
            Counters.Malformed++;
            return IpAnswer.None;
        }

        // RFC 1122 section 4.1.3.4: a wrong checksum is dropped without a word. A missing one is each socket's matter (RFC 6935).
        var isOmitted = datagram.Checksum == 0;
        if (!isOmitted && !arrival.IsChecksumKnown && !datagram.HasValidChecksum(arrival.Source, arrival.Destination))
        {
            Counters.BadChecksum++;
            return IpAnswer.None;
        }

        // Port 0 is invalid (RFC 768 has it as "no port").
        if (datagram.DestinationPort.Value == 0)
        {
            Counters.NoPort++;
            return IpAnswer.None;
        }

        var isAllowed = !isOmitted || arrival.Source.IsIPv4;
        return arrival.Delivery == IpDelivery.Host ? ToOne(arrival, datagram, isAllowed) : ToMany(arrival, datagram, isAllowed);
    }

    /// <inheritdoc/>
    public void OnIcmpError(in IcmpArrival report, ReadOnlySpan<byte> quoted, Instant now)
    {
        var (localPort, remotePort) = (new PortNumber(ReadUInt16BigEndian(quoted)), new PortNumber(ReadUInt16BigEndian(quoted[2..])));
        var match = _demultiplexer.Find(
            report.Source, localPort, report.Destination, remotePort, report.Interface, out var connected, out var group);
        if (match == DemultiplexerMatch.None)
        {
            Counters.StrayErrors++;
            return;
        }

        var socket = connected ?? group!.Select(report.Source, localPort, report.Destination, remotePort);
        // RFC 8201 section 4: a node must reduce its estimate, whichever socket sent; that there is one at the port is all that UDP can
        // check.
        if (report.Problem == IcmpProblem.PacketTooBig
            && _host.TryFindPath(report.Source, report.Destination, report.Destination.IsLinkLocal ? report.Interface : 0, out var path))
        {
            path.ReduceMtu(report.Mtu, report.PacketLength, now);
        }

        // RFC 1122 section 4.1.3.3: errors are handed up. An unconnected socket hears of them only when it asks, for they may be about any
        // peer.
        if (connected is not null || socket.Options.TakesErrors)
        {
            Counters.Errors++;
            socket.Accept(new UdpError(report, remotePort));
        }
    }

    private static UdpArrival Describe(in IpArrival arrival, in UdpDatagram datagram) => new(
        arrival.Source,
        datagram.SourcePort,
        arrival.Destination,
        arrival.Interface,
        datagram.Payload.Length,
        arrival.HopLimit,
        arrival.Ecn,
        arrival.TrafficClass);

    private IpAnswer ToOne(in IpArrival arrival, in UdpDatagram datagram, bool isAllowed)
    {
        var match = _demultiplexer.Find(
            arrival.Destination, datagram.DestinationPort, arrival.Source, datagram.SourcePort, arrival.Interface, out var connected,
            out var group);
        if (match == DemultiplexerMatch.None)
        {
            Counters.NoPort++;
            return isAllowed ? IpAnswer.PortUnreachable : IpAnswer.None;
        }

        var socket = connected ?? group!.Select(arrival.Destination, datagram.DestinationPort, arrival.Source, datagram.SourcePort);
        Deliver(socket, arrival, datagram, isAllowed);
        return IpAnswer.None;
    }

    /// <summary>To every socket of the port that listens there: of a group its members only.</summary>
    private IpAnswer ToMany(in IpArrival arrival, in UdpDatagram datagram, bool isAllowed)
    {
        if (!_byPort.TryGetValue(datagram.DestinationPort.Value, out var sockets))
        {
            Counters.NoPort++;
            return IpAnswer.None;
        }

        // From the end, for an owner may close its socket or open others.
        for (var i = sockets.Count - 1; i >= 0; i--)
        {
            if (i < sockets.Count && Hears(sockets[i], arrival))
            {
                Deliver(sockets[i], arrival, datagram, isAllowed);
            }
        }

        return IpAnswer.None;
    }

    private static bool Hears(UdpSocket socket, in IpArrival arrival)
    {
        var binding = socket.Binding;
        var isBoundHere = (binding.Interface == 0 || binding.Interface == arrival.Interface)
            && (binding.IsWildcard || binding.Address.Unmap() == arrival.Destination)
            && (arrival.Destination.IsIPv4 ? binding.CoversIPv4 : binding.CoversIPv6);
        return isBoundHere && (arrival.Delivery == IpDelivery.Broadcast || socket.IsMember(arrival.Destination, arrival.Interface));
    }

    private void Deliver(UdpSocket socket, in IpArrival arrival, in UdpDatagram datagram, bool isAllowed)
    {
        if (!isAllowed && !socket.Options.TakesOmittedChecksums)
        {
            Counters.BadChecksum++;
        }
        else if (socket.Accept(Describe(arrival, datagram), datagram.Payload))
        {
            Counters.Delivered++;
        }
        else
        {
            Counters.QueueFull++;
        }
    }
}
