using Portolan.Model;
using Portolan.Packets;
using Portolan.Transport.Reassembly;

namespace Portolan.Transport.Ip;

/// <summary>Takes IPv4 packets (RFC 791, RFC 1122 section 3.2.1).</summary>
/// <param name="host">The host.</param>
internal sealed class Ipv4Input(IpHost host)
{
    private const byte LooseSourceRoute = 131;
    private const byte StrictSourceRoute = 137;

    private uint _source;
    private uint _destination;
    private int _at;
    private int _generation;

    internal void OnPacket(IpInterface at, ReadOnlySpan<byte> bytes, bool isChecksumKnown, bool isLocal, Instant now)
    {
        if (!Ipv4Packet.TryRead(bytes, out var packet))
        {
            host.Counters.Drop(IpDrop.Malformed);
            return;
        }

        // RFC 1122 section 3.2.1.2: every header is checked.
        if (!packet.HasValidChecksum)
        {
            host.Counters.Drop(IpDrop.BadChecksum);
            return;
        }

        bytes = bytes[..packet.TotalLength];
        var delivery = IpDelivery.Host;
        var isAsBefore = !isLocal && IsAsBefore(packet, at);
        if (!isLocal && !isAsBefore && IsMartian(packet, at))
        {
            host.Counters.Drop(IpDrop.Martian);
        }
        else if (!isAsBefore && !TryClassify(packet.Destination, at, isLocal, out delivery))
        {
            host.Forwarder.OnIPv4(at, bytes, packet);
        }
        else if ((delivery == IpDelivery.Host && host.IsFrameForMany) || (packet.Source.IsUnspecified && delivery == IpDelivery.Host))
        {
            // RFC 1122 section 3.3.6: a packet to one host in a frame to all; section 3.2.1.3 (a): this host on this network is not a peer.
            host.Counters.Drop(IpDrop.Martian);
        }
        else if (CheckOptions(packet, bytes, at))
        {
            if (!isLocal && delivery == IpDelivery.Host)
            {
                (_source, _destination, _at, _generation) = (packet.Source.IPv4Bits, packet.Destination.IPv4Bits, at.Number,
                    host.Generation);
            }

            Collect(at, packet, bytes, delivery, isChecksumKnown, now);
        }
    }

    /// <summary>
    /// Whether it has the ends of the last packet that was for this host, and no address or route has changed since: what was found of them
    /// holds.
    /// </summary>
    private bool IsAsBefore(in Ipv4Packet packet, IpInterface at) =>
        packet.Source.IPv4Bits == _source && packet.Destination.IPv4Bits == _destination && at.Number == _at
            && host.Generation == _generation;

    private bool IsMartian(in Ipv4Packet packet, IpInterface at)
    {
        // RFC 1122 section 3.2.1.3: groups and broadcast addresses are no sources, loopback addresses are on no wire. Nor is our own
        // address a stranger's.
        var (source, destination) = (packet.Source, packet.Destination);
        return (source.IPv4Bits >> 28) >= 0xe || source.IsLoopback || destination.IsLoopback || destination.IsUnspecified
            || host.Router.Addresses.IsBroadcast(source, out _) || host.OwnerOf(source, at) is not null;
    }

    /// <summary>Whether a packet is for this host, and as what.</summary>
    private bool TryClassify(InternetAddress destination, IpInterface at, bool isLocal, out IpDelivery delivery)
    {
        delivery = IpDelivery.Host;
        if (host.Takes(destination, at, isLocal))
        {
            return true;
        }

        if (Router.IsMulticast(destination))
        {
            delivery = IpDelivery.Multicast;
            return at.Groups.Contains(destination);
        }

        delivery = IpDelivery.Broadcast;
        return host.Router.Addresses.IsBroadcastOf(destination, at);
    }

    /// <summary>
    /// Source routes are refused (RFC 7126 sections 4.3 and 4.4); what cannot be read is told (RFC 1122 section 3.2.2.5).
    /// </summary>
    private bool CheckOptions(in Ipv4Packet packet, ReadOnlySpan<byte> bytes, IpInterface at)
    {
        var options = packet.Options;
        for (var place = 0; place < options.Length && options[place] != 0;)
        {
            var size = options[place] == 1 ? 1 : place + 1 < options.Length ? options[place + 1] : 0;
            if (size == 0 || (size == 1 && options[place] != 1) || place + size > options.Length)
            {
                host.Counters.Drop(IpDrop.Malformed);
                host.IcmpErrors.Send(bytes, IcmpError.ParameterProblem(Ipv4Packet.MinHeaderLength + place + 1), at);
                return false;
            }

            if (options[place] is LooseSourceRoute or StrictSourceRoute)
            {
                host.Counters.Drop(IpDrop.SourceRoute);
                return false;
            }

            place += size;
        }

        return true;
    }

    private void Collect(
        IpInterface at, in Ipv4Packet packet, ReadOnlySpan<byte> bytes, IpDelivery delivery, bool isChecksumKnown, Instant now)
    {
        if (!packet.MoreFragments && !packet.IsLaterFragment)
        {
            Deliver(at, packet, bytes, delivery, isChecksumKnown, now);
            return;
        }

        var result = host.Reassemble(bytes, at, now, out var whole);
        if (result.Outcome == ReassemblyOutcome.Complete && Ipv4Packet.TryRead(whole, out var together))
        {
            // Links vouch for whole packets only.
            Deliver(at, together, whole, delivery, isChecksumKnown: false, now);
        }
        else if (result.Outcome == ReassemblyOutcome.Refused)
        {
            host.Counters.Drop(IpDrop.Fragment);
        }
    }

    private void Deliver(
        IpInterface at, in Ipv4Packet packet, ReadOnlySpan<byte> bytes, IpDelivery delivery, bool isChecksumKnown, Instant now)
    {
        var traffic = packet.TypeOfService;
        var arrival = new IpArrival(
            packet.Source, packet.Destination, at.Number, packet.TimeToLive, (EcnCodepoint)(traffic & 3), (byte)(traffic >> 2), delivery,
            isChecksumKnown, packet.DontFragment);
        host.Counters.Delivered++;
        switch (packet.Protocol)
        {
            case IpProtocol.Icmp:
                host.Answer(host.IcmpInput.OnIcmp(arrival, packet.Payload, now), bytes, at);
                break;
            case IpProtocol.Igmp:
                host.GroupQueries.OnIgmp(at, packet.Payload, now);
                break;
            default:
                var protocol = host.ProtocolOf(packet.Protocol);
                host.Answer(protocol is null ? IpAnswer.ProtocolUnreachable : protocol.OnPacket(arrival, packet.Payload, now), bytes, at);
                break;
        }
    }
}
