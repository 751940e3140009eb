using Portolan.Packets;
using Portolan.Packets.Links;

namespace Portolan.Transport.Ip;

/// <summary>Takes frames from links.</summary>
/// <param name="host">The host.</param>
internal sealed class LinkInput(IpHost host)
{
    internal void OnFrame(IpInterface at, ReadOnlySpan<byte> frame, bool isChecksumKnown, Instant now)
    {
        host.IsFrameForMany = false;
        if (at.Layer == LinkLayer.Ip)
        {
            OnIp(at, frame, isChecksumKnown, now);
            return;
        }

        // A tagged frame is another network's: an interface has no tags of its own here.
        if (!EthernetFrame.TryRead(frame, out var ethernet) || ethernet.VlanId is not null)
        {
            host.Counters.Drop(IpDrop.Malformed);
            return;
        }

        var station = ethernet.Destination;
        var isForMany = (station.Value >> 40 & 1) != 0;
        if (!isForMany && station != at.HardwareAddress)
        {
            host.Counters.Drop(IpDrop.OtherStation);
            return;
        }

        host.IsFrameForMany = isForMany;
        switch (ethernet.Type)
        {
            case EtherType.Arp:
                host.Arp.OnPacket(at, ethernet.Payload, now);
                break;
            case EtherType.Ipv4 or EtherType.Ipv6:
                OnIp(at, ethernet.Payload, isChecksumKnown, now);
                break;
            default:
                host.Counters.Drop(IpDrop.UnknownProtocol);
                break;
        }

        host.IsFrameForMany = false;
    }

    private void OnIp(IpInterface at, ReadOnlySpan<byte> packet, bool isChecksumKnown, Instant now)
    {
        var isKnown = isChecksumKnown || (at.Options.Offload & LinkOffload.ReceiveChecksum) != 0;
        switch (packet.IsEmpty ? 0 : packet[0] >> 4)
        {
            case 4:
                host.Ipv4Input.OnPacket(at, packet, isKnown, isLocal: false, now);
                break;
            case 6 when at.Mtu >= PathMtuTable.LeastIPv6:
                host.Ipv6Input.OnPacket(at, packet, isKnown, isLocal: false, now);
                break;
            default:
                host.Counters.Drop(IpDrop.Malformed);
                break;
        }
    }
}
