using Portolan.Linux.Packet;
using Portolan.Packets;

namespace Portolan.Linux.Veth;

/// <summary>Answers ARP requests and neighbour solicitations for the gateways of a cable (RFC 826, RFC 4861 section 7.2.4).</summary>
internal sealed class GatewayAnswers(VirtioSocket socket)
{
    private const int Before = VirtioSocket.HeaderLength + EthernetFrame.MinHeaderLength;

    private const byte HopLimit = 255;

    private readonly byte[] _room = new byte[Before + 128];

    /// <summary>Answers, where it is such a question.</summary>
    /// <returns>Whether the frame was one: then no other reader needs it.</returns>
    internal bool TryAnswer(EthernetFrame frame) => frame.Type switch
    {
        EtherType.Arp => AnswerArp(frame),
        EtherType.Ipv6 => AnswerSolicitation(frame),
        _ => false,
    };

    private bool AnswerArp(EthernetFrame frame)
    {
        // A host that has set its network up itself, as by DHCP, asks for neighbours too: all of them are behind the gateway (RFC 1027).
        // Who looks whether an address is free, or announces its own, has no answer (RFC 5227).
        if (ArpPacket.TryRead(frame.Payload, out var question) && question.Operation == ArpOperation.Request
            && !question.SenderAddress.IsUnspecified && question.SenderAddress != question.TargetAddress)
        {
            var length = ArpWriter.Write(
                _room.AsSpan(Before), ArpOperation.Reply, CableLink.FarAddress, question.TargetAddress, question.SenderHardwareAddress,
                question.SenderAddress);
            Send(frame.Source, EtherType.Arp, length);
        }

        return true;
    }

    private bool AnswerSolicitation(EthernetFrame frame)
    {
        if (!Ipv6Packet.TryRead(frame.Payload, out var packet) || packet.Protocol != IpProtocol.Icmpv6
            || !Icmpv6Message.TryRead(packet.Payload, out var message) || message.Type != Icmpv6Type.NeighbourSolicitation)
        {
            return false;
        }

        if (message.IsNeighbourMessage && message.NeighbourTarget == CableLink.Gateway6 && !packet.Source.IsUnspecified)
        {
            var body = _room.AsSpan(Before);
            var length = NeighbourDiscoveryWriter.WriteAdvertisement(
                body[Ipv6Writer.Length..], CableLink.Gateway6, packet.Source, CableLink.Gateway6, CableLink.FarAddress);
            Ipv6Writer.Write(body, CableLink.Gateway6, packet.Source, IpProtocol.Icmpv6, length, HopLimit);
            Send(frame.Source, EtherType.Ipv6, Ipv6Writer.Length + length);
        }

        return true;
    }

    private void Send(MacAddress destination, EtherType type, int length)
    {
        _room.AsSpan(0, VirtioSocket.HeaderLength).Clear();
        EthernetWriter.Write(_room.AsSpan(VirtioSocket.HeaderLength), destination, CableLink.FarAddress, type);
        _ = socket.Write(_room.AsSpan(0, Before + length));
    }
}
