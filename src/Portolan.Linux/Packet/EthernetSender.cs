using Portolan.Packets;

namespace Portolan.Linux.Packet;

/// <summary>Sends the frames of an <see cref="EthernetLink"/>, a super-segment as one.</summary>
internal sealed class EthernetSender(VirtioSocket socket)
    : VirtioSender(linkHeaderLength: 0, EthernetFrame.MinHeaderLength + ushort.MaxValue, SendFailures.Of)
{
    /// <inheritdoc/>
    protected override int Send(ReadOnlySpan<byte> bytes) => socket.Write(bytes);
}
