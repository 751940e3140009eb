using Portolan.Packets;
using Portolan.Packets.Links;

namespace Portolan.Transport.Ip;

// Frames that come soon: protocols with much state ask for the memory of their flows before its turn comes.
internal sealed partial class IpHost
{
    /// <summary>Reports a frame that <see cref="OnFrame"/> will bring soon, some others before it. Changes nothing.</summary>
    /// <param name="interfaceNumber">Where it comes in.</param>
    /// <param name="frame">From the link's header on; empty when there is none, so that what was begun for earlier ones goes on.</param>
    public void Announce(int interfaceNumber, ReadOnlySpan<byte> frame)
    {
        foreach (var protocol in _registered)
        {
            if (protocol.WantsAnnouncements)
            {
                Announce(protocol, interfaceNumber, frame);
            }
        }
    }

    private void Announce(ITransportProtocol protocol, int interfaceNumber, ReadOnlySpan<byte> frame)
    {
        if (InterfaceOf(interfaceNumber) is { Layer: LinkLayer.Ethernet })
        {
            frame = frame.Length > EthernetWriter.Length ? frame[EthernetWriter.Length..] : default;
        }

        if (Ipv4Packet.TryRead(frame, out var four))
        {
            var isOurs = ProtocolOf(four.Protocol) == protocol && !four.IsLaterFragment;
            protocol.Announce(new IpEnds(four.Source, four.Destination, interfaceNumber), isOurs ? four.Payload : default);
        }
        else if (Ipv6Packet.TryRead(frame, out var six))
        {
            var isOurs = ProtocolOf(six.Protocol) == protocol && !six.IsLaterFragment;
            protocol.Announce(new IpEnds(six.Source, six.Destination, interfaceNumber), isOurs ? six.Payload : default);
        }
        else
        {
            protocol.Announce(default, default);
        }
    }
}
