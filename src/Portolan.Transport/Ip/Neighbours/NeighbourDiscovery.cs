using Portolan.Model;
using Portolan.Packets;

namespace Portolan.Transport.Ip;

/// <summary>Neighbour solicitations and advertisements (RFC 4861 section 7.2). Router advertisements are not heard.</summary>
/// <param name="host">The host.</param>
internal sealed class NeighbourDiscovery(IpHost host)
{
    internal void OnMessage(
        IpInterface arrival, in Icmpv6Message message, InternetAddress source, InternetAddress destination, byte hopLimit, Instant now)
    {
        // RFC 4861 sections 7.1.1 and 7.1.2: a hop limit of 255 says that no router passed it on; the code is 0.
        var target = message.NeighbourTarget;
        if (hopLimit != NeighbourDiscoveryWriter.HopLimit || message.Code != 0 || !message.IsNeighbourMessage || Router.IsMulticast(target)
            || !HasWholeOptions(message))
        {
            host.Counters.Drop(IpDrop.Malformed);
        }
        else if (message.Type == Icmpv6Type.NeighbourSolicitation)
        {
            OnSolicitation(arrival, message, source, destination, target, now);
        }
        else
        {
            OnAdvertisement(arrival, message, destination, target, now);
        }
    }

    /// <summary>Asks for a neighbour; one that is in doubt is asked itself.</summary>
    internal void Ask(IpInterface at, Neighbour neighbour)
    {
        var isKnown = neighbour.State != NeighbourState.Incomplete;
        var group = NeighbourDiscoveryWriter.SolicitedNodeAddress(neighbour.Address);
        var destination = isKnown ? neighbour.Address : group;
        var station = isKnown ? neighbour.HardwareAddress : NeighbourDiscoveryWriter.MulticastHardwareAddress(group);
        Send(at, station, host.SourceTowards(at, neighbour.Address), destination, neighbour.Address, flags: null);
    }

    /// <summary>
    /// Asks whether somebody has an address that this host wants (RFC 4862 section 5.4.2): from nobody, so without our Ethernet address.
    /// </summary>
    internal void AskForDuplicate(IpInterface at, InternetAddress target)
    {
        var group = NeighbourDiscoveryWriter.SolicitedNodeAddress(target);
        Send(at, NeighbourDiscoveryWriter.MulticastHardwareAddress(group), InternetAddress.AnyIPv6, group, target, flags: null);
    }

    private void OnSolicitation(
        IpInterface arrival, in Icmpv6Message message, InternetAddress source, InternetAddress destination, InternetAddress target,
        Instant now)
    {
        var hasAddress = message.NeighbourOptions.TryFindLinkLayerAddress(NeighbourOptionType.SourceLinkLayerAddress, out var hardware);

        // RFC 4861 section 7.1.1: from the unspecified address only to a solicited-node group, and without an address.
        if (source.IsUnspecified && (hasAddress || !IsSolicitedNode(destination)))
        {
            host.Counters.Drop(IpDrop.Malformed);
            return;
        }

        if (host.Router.Addresses.Find(target, arrival) is { State: AddressState.Tentative } tentative && tentative.Interface == arrival)
        {
            // RFC 4862 section 5.4.3: another asks for the same address at the same time.
            if (source.IsUnspecified)
            {
                tentative.Check?.Fail();
            }

            return;
        }

        if (!host.AnswersFor(target, arrival))
        {
            return;
        }

        if (source.IsUnspecified)
        {
            // RFC 4861 section 7.2.4: then everybody is told, unsolicited.
            var all = MldWriter.AllNodes;
            Send(
                arrival, NeighbourDiscoveryWriter.MulticastHardwareAddress(all), target, all, target, NeighbourFlags.Override | RouterFlag);
            return;
        }

        if (hasAddress && (hardware.Value >> 40 & 1) == 0)
        {
            arrival.Neighbours.FindOrAdd(source).Learn(hardware);
        }

        var neighbour = arrival.Neighbours.FindOrAdd(source);
        var flags = NeighbourFlags.Solicited | RouterFlag
            | (host.Router.Addresses.Find(target, arrival) is null ? NeighbourFlags.None : NeighbourFlags.Override);
        if (neighbour.TryUse(now))
        {
            Send(arrival, neighbour.HardwareAddress, target, source, target, flags);
        }
        else
        {
            Hold(arrival, neighbour, source, target, flags, now);
        }
    }

    private void OnAdvertisement(
        IpInterface arrival, in Icmpv6Message message, InternetAddress destination, InternetAddress target, Instant now)
    {
        // RFC 4861 section 7.1.2: to a group only unsolicited.
        var flags = message.NeighbourFlags;
        var isSolicited = (flags & NeighbourFlags.Solicited) != 0;
        if (isSolicited && Router.IsMulticast(destination))
        {
            host.Counters.Drop(IpDrop.Malformed);
            return;
        }

        // RFC 4862 section 5.4.4.
        if (host.Router.Addresses.Find(target, arrival) is { } own && own.Interface == arrival)
        {
            own.Check?.Fail();
            return;
        }

        // RFC 4861 section 7.2.5: nobody asked, nothing is noted.
        if (arrival.Neighbours.Find(target) is { } neighbour)
        {
            MacAddress? hardware =
                message.NeighbourOptions.TryFindLinkLayerAddress(NeighbourOptionType.TargetLinkLayerAddress, out var named) ? named : null;
            neighbour.OnAdvertisement(hardware, isSolicited, (flags & NeighbourFlags.Override) != 0, now);
            neighbour.IsRouter = (flags & NeighbourFlags.Router) != 0;
        }
    }

    /// <summary>RFC 4291 section 2.7.1: ff02:0:0:0:0:1:ff00::/104.</summary>
    private static bool IsSolicitedNode(InternetAddress address) =>
        address.UpperBits == 0xff02_0000_0000_0000 && address.LowerBits >> 24 == 0x01ff;

    private NeighbourFlags RouterFlag => host.Options.IsForwarding ? NeighbourFlags.Router : NeighbourFlags.None;

    /// <summary>RFC 4861 section 7.1.1: all options have a length above zero. What is cut short is refused alike.</summary>
    private static bool HasWholeOptions(in Icmpv6Message message)
    {
        var rest = message.Payload[16..];
        while (rest.Length > 0)
        {
            var length = rest.Length < 2 ? 0 : rest[1] * 8;
            if (length == 0 || length > rest.Length)
            {
                return false;
            }

            rest = rest[length..];
        }

        return true;
    }

    /// <summary>Sends a solicitation, or an advertisement with flags.</summary>
    private void Send(
        IpInterface at, MacAddress station, InternetAddress source, InternetAddress destination, InternetAddress target,
        NeighbourFlags? flags)
    {
        var frame = at.Reserve(EthernetWriter.Length + Ipv6Writer.Length + NeighbourDiscoveryWriter.Length);
        if (frame.IsEmpty)
        {
            host.Counters.Drop(IpDrop.LinkBusy);
            return;
        }

        var start = EthernetWriter.Write(frame, station, at.HardwareAddress, EtherType.Ipv6);
        at.Commit(start + Write(frame[start..], at, source, destination, target, flags));
    }

    /// <summary>Keeps an advertisement until its receiver, whose address nobody told, is found.</summary>
    private static void Hold(
        IpInterface at, Neighbour neighbour, InternetAddress destination, InternetAddress target, NeighbourFlags flags, Instant now)
    {
        Span<byte> packet = stackalloc byte[Ipv6Writer.Length + NeighbourDiscoveryWriter.Length];
        neighbour.Hold(packet[..Write(packet, at, target, destination, target, flags)], default, now);
    }

    private static int Write(
        Span<byte> packet, IpInterface at, InternetAddress source, InternetAddress destination, InternetAddress target,
        NeighbourFlags? flags)
    {
        var message = packet[Ipv6Writer.Length..];
        int length;
        if (flags is { } set)
        {
            length = NeighbourDiscoveryWriter.WriteAdvertisement(message, source, destination, target, at.HardwareAddress, set);
        }
        else if (source.IsUnspecified)
        {
            Span<byte> body = stackalloc byte[16];
            target.WriteBytes(body);
            length = Icmpv6Writer.Write(message, source, destination, Icmpv6Type.NeighbourSolicitation, 0, 0, body);
        }
        else
        {
            length = NeighbourDiscoveryWriter.WriteSolicitation(message, source, destination, target, at.HardwareAddress);
        }

        return length + Ipv6Writer.Write(packet, source, destination, IpProtocol.Icmpv6, length, NeighbourDiscoveryWriter.HopLimit);
    }
}
