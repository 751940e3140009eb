using Portolan.Model;
using Portolan.Packets;

namespace Portolan.Transport.Ip;

/// <summary>ARP (RFC 826), with the states of neighbour discovery.</summary>
/// <param name="host">The host.</param>
internal sealed class Arp(IpHost host)
{
    internal void OnPacket(IpInterface arrival, ReadOnlySpan<byte> bytes, Instant now)
    {
        if (!ArpPacket.TryRead(bytes, out var packet) || packet.Operation is not (ArpOperation.Request or ArpOperation.Reply))
        {
            host.Counters.Drop(IpDrop.Malformed);
            return;
        }

        var (sender, target, hardware) = (packet.SenderAddress, packet.TargetAddress, packet.SenderHardwareAddress);
        if ((hardware.Value >> 40 & 1) != 0 || (!sender.IsUnspecified && !Router.IsUnicast(sender)) || hardware == arrival.HardwareAddress)
        {
            host.Counters.Drop(IpDrop.Martian);
            return;
        }

        FindConflict(arrival, packet, now);

        // RFC 826, "Packet Reception": what is known is brought up to date before the target is looked at; what is new is added only when
        // we are asked.
        var isOurs = host.AnswersFor(target, arrival);
        var isKnowable = !sender.IsUnspecified && !host.AnswersFor(sender, arrival);
        var known = isKnowable ? arrival.Neighbours.Find(sender) : null;
        if (isOurs && isKnowable)
        {
            known ??= arrival.Neighbours.FindOrAdd(sender);
        }

        if (packet.Operation == ArpOperation.Reply)
        {
            known?.OnAdvertisement(hardware, isSolicited: isOurs, isOverride: true, now);
        }
        else
        {
            known?.Learn(hardware);
        }

        if (isOurs && packet.Operation == ArpOperation.Request)
        {
            Send(arrival, hardware, ArpOperation.Reply, target, hardware, sender);
        }
    }

    /// <summary>Asks for a neighbour; one that is in doubt is asked itself (RFC 1122 section 2.3.2.1).</summary>
    internal void Ask(IpInterface at, Neighbour neighbour)
    {
        var isKnown = neighbour.State != NeighbourState.Incomplete;
        var source = host.SourceTowards(at, neighbour.Address);
        Send(at, isKnown ? neighbour.HardwareAddress : MacAddress.Broadcast, ArpOperation.Request, source, default, neighbour.Address);
    }

    /// <summary>
    /// Asks whether somebody has an address that this host wants: from nobody, so that no table is spoiled (RFC 5227 section 2.1.1).
    /// </summary>
    internal void Probe(IpInterface at, InternetAddress wanted) =>
        Send(at, MacAddress.Broadcast, ArpOperation.Request, InternetAddress.AnyIPv4, default, wanted);

    /// <summary>Says that this host has an address (RFC 5227 section 2.3).</summary>
    internal void Announce(IpInterface at, InternetAddress own) => Send(at, MacAddress.Broadcast, ArpOperation.Request, own, default, own);

    /// <summary>
    /// RFC 5227 sections 2.1.1 and 2.4: another station uses an address of this host, or asks for one that this host asks for.
    /// </summary>
    private void FindConflict(IpInterface arrival, in ArpPacket packet, Instant now)
    {
        var (sender, hardware) = (packet.SenderAddress, packet.SenderHardwareAddress);
        var isProbe = packet.Operation == ArpOperation.Request && sender.IsUnspecified;
        var found = host.Router.Addresses.Find(isProbe ? packet.TargetAddress : sender, arrival);
        if (found is { Check: ConflictCheck check } && found.Interface == arrival && (!isProbe || found.State == AddressState.Tentative)
            && !host.Interfaces.Any(i => i.HardwareAddress == hardware))
        {
            check.OnConflict(now);
        }
    }

    private void Send(
        IpInterface at, MacAddress station, ArpOperation operation, InternetAddress source, MacAddress targetHardware,
        InternetAddress target)
    {
        var frame = at.Reserve(EthernetWriter.Length + ArpPacket.Length);
        if (frame.IsEmpty)
        {
            host.Counters.Drop(IpDrop.LinkBusy);
            return;
        }

        var length = EthernetWriter.Write(frame, station, at.HardwareAddress, EtherType.Arp);
        length += ArpWriter.Write(frame[length..], operation, at.HardwareAddress, source, targetHardware, target);
        at.Commit(length);
    }
}
