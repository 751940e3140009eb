using Portolan.Lab.Topology;
using Portolan.Model;
using Portolan.Packets;

namespace Portolan.Tests.Lab.Scanning;

/// <summary>
/// Who has which Ethernet address in the network of a lab's vantage; answers ARP requests (RFC 826) and neighbour solicitations (RFC 4861
/// section 7.2.4) for them.
/// </summary>
internal sealed class EthernetNeighbours
{
    private const ulong FirstHardware = 0x0200_0000_1000;

    private readonly Dictionary<InternetAddress, MacAddress> _hardware = [];
    private readonly List<InternetAddress> _gateways = [];
    private readonly List<AddressPrefix> _prefixes;

    internal EthernetNeighbours(LabTopology topology)
    {
        var vantage = topology.ResolveVantage();
        Network = topology.Networks.Single(n => n.Name == vantage.Network);
        _prefixes = [.. new[] { Network.Ipv4, Network.Ipv6 }.OfType<AddressPrefix>()];
        foreach (var port in topology.Routers.SelectMany(static r => r.Ports).Where(p => p.Network == Network.Name))
        {
            foreach (var address in new[] { port.Ipv4, port.Ipv6 }.OfType<InternetAddress>())
            {
                _gateways.Add(address);
                Add(address);
            }
        }

        foreach (var range in topology.Hosts.Where(h => h.Network == Network.Name).SelectMany(static h => h.Addresses))
        {
            for (var address = range.First; address <= range.Last; address = address.Plus(1))
            {
                Add(address);
            }
        }
    }

    /// <summary>Where the vantage is.</summary>
    internal NetworkSpec Network { get; }

    internal bool IsNear(InternetAddress address) => _prefixes.Exists(p => p.Contains(address));

    /// <summary>The first router with an address of the same family.</summary>
    internal InternetAddress? GatewayFor(InternetAddress destination) => _gateways.Find(g => g.IsIPv4 == destination.IsIPv4);

    /// <summary>Whether a packet goes where its frame does: to the neighbour itself, or to a router.</summary>
    internal bool IsAddressed(InternetAddress destination, MacAddress hardware) =>
        _hardware.TryGetValue(destination, out var own) && IsNear(destination)
        ? own == hardware : _gateways.Exists(g => _hardware[g] == hardware);

    /// <summary>The Ethernet address a packet comes from.</summary>
    internal MacAddress HardwareOf(ReadOnlySpan<byte> packet) =>
        TrySource(packet, out var source) && _hardware.TryGetValue(source, out var own)
            ? own
            : _gateways.Count > 0 ? _hardware[_gateways[0]] : default;

    /// <summary>Answers a question for a neighbour.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="destination">Where it goes, when it is no such question.</param>
    /// <param name="answer">The answer; <c>null</c> when no host has the address.</param>
    /// <returns>Whether it is such a question.</returns>
    internal bool TryAnswer(EthernetFrame frame, out InternetAddress destination, out byte[]? answer)
    {
        (destination, answer) = (default, null);
        switch (frame.Type)
        {
            case EtherType.Arp:
                answer = ArpPacket.TryRead(frame.Payload, out var arp) && _hardware.TryGetValue(arp.TargetAddress, out var asked)
                    ? Reply(asked, arp)
                    : null;
                return true;
            case EtherType.Ipv6 when Ipv6Packet.TryRead(frame.Payload, out var packet):
                destination = packet.Destination;
                if (packet.Protocol != IpProtocol.Icmpv6 || !Icmpv6Message.TryRead(packet.Payload, out var message)
                    || message.Type != Icmpv6Type.NeighbourSolicitation)
                {
                    return false;
                }

                answer = _hardware.TryGetValue(message.NeighbourTarget, out var own)
                    ? Advertisement(own, message.NeighbourTarget, packet.Source)
                    : null;
                return true;
            case EtherType.Ipv4 when Ipv4Packet.TryRead(frame.Payload, out var packet):
                destination = packet.Destination;
                return false;
            default:
                return false;
        }
    }

    private static bool TrySource(ReadOnlySpan<byte> packet, out InternetAddress source)
    {
        source = Ipv4Packet.TryRead(packet, out var four) ? four.Source : Ipv6Packet.TryRead(packet, out var six) ? six.Source : default;
        return source != default;
    }

    private static byte[] Reply(MacAddress hardware, ArpPacket question)
    {
        var frame = new byte[EthernetWriter.Length + ArpPacket.Length];
        EthernetWriter.Write(frame, question.SenderHardwareAddress, hardware, EtherType.Arp);
        ArpWriter.Write(
            frame.AsSpan(EthernetWriter.Length), ArpOperation.Reply, hardware, question.TargetAddress, question.SenderHardwareAddress,
            question.SenderAddress);
        return frame;
    }

    private static byte[] Advertisement(MacAddress hardware, InternetAddress target, InternetAddress asker)
    {
        var frame = new byte[EthernetWriter.Length + Ipv6Writer.Length + NeighbourDiscoveryWriter.Length];
        EthernetWriter.Write(frame, EthernetVantage.OwnHardware, hardware, EtherType.Ipv6);
        var ip = frame.AsSpan(EthernetWriter.Length);
        var length = NeighbourDiscoveryWriter.WriteAdvertisement(ip[Ipv6Writer.Length..], target, asker, target, hardware);
        Ipv6Writer.Write(ip, target, asker, IpProtocol.Icmpv6, length, NeighbourDiscoveryWriter.HopLimit);
        return frame[..(EthernetWriter.Length + Ipv6Writer.Length + length)];
    }

    private void Add(InternetAddress address) => _hardware[address] = new MacAddress(FirstHardware + (ulong)_hardware.Count);
}
