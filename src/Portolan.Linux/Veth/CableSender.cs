using Portolan.Linux.Packet;
using Portolan.Packets;

namespace Portolan.Linux.Veth;

/// <summary>Sends IP packets to the host's end of a cable: each is one frame.</summary>
internal sealed class CableSender(VirtioSocket socket) : VirtioSender(EthernetFrame.MinHeaderLength, ushort.MaxValue, SendFailures.Of)
{
    /// <inheritdoc/>
    protected override void Complete(Span<byte> frame)
    {
        var isIPv6 = frame[EthernetFrame.MinHeaderLength] >> 4 == 6;
        EthernetWriter.Write(frame, CableLink.HostAddress, CableLink.FarAddress, isIPv6 ? EtherType.Ipv6 : EtherType.Ipv4);
    }

    /// <inheritdoc/>
    protected override int Send(ReadOnlySpan<byte> bytes) => socket.Write(bytes);
}
