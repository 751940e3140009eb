using Portolan.Model;
using Portolan.Packets;
using Portolan.Packets.Links;

namespace Portolan.Linux.Packet;

/// <summary>
/// An interface as a link of IP packets for a TCP stack that shares its addresses with the kernel: what it hears is TCP to its own ports
/// and errors about it, and each packet goes to the Ethernet address of its next hop.
/// </summary>
/// <remarks>
/// Frames are received by a packet ring, before the kernel's own firewall sees them, and sent in batches past it. Super-segments of a
/// neighbour on this machine and of interfaces that join segments come whole; their checksums are the kernel's word
/// (TP_STATUS_CSUMNOTREADY, TP_STATUS_CSUM_VALID of linux/if_packet.h), which serves a ring as the header of virtio serves a queue. Over an
/// <see cref="EthernetLink"/> super-segments leave whole too; over the link of a <see cref="Routing.KernelNetwork"/> each frame leaves as
/// it is, in batches. One sender and one receiver, each of one thread at a time.
/// </remarks>
/// <param name="link">The interface's own link; disposed with this one.</param>
/// <param name="ports">The stack's ports, which no socket of the kernel has.</param>
/// <param name="findHop">The Ethernet address of the next hop to a destination; zero when it is not known, then the packet is lost. Not
/// asked where frames have no header.</param>
public sealed class SharedAddressLink(IPacketLink link, PortRange ports, Func<InternetAddress, MacAddress> findHop) : IOffloadLink
{
    private const int LargestFrame = 2048;

    /// <inheritdoc/>
    public LinkOffload Offload => link is IOffloadLink able ? able.Offload : LinkOffload.None;

    /// <inheritdoc/>
    public LinkLayer Layer => LinkLayer.Ip;

    /// <inheritdoc/>
    public MacAddress HardwareAddress => default;

    /// <inheritdoc/>
    public int MaxFrameLength => Math.Min(link.MaxFrameLength, LargestFrame) - HeaderLength;

    /// <inheritdoc/>
    public string Description => link.Description;

    private int HeaderLength => link.Layer == LinkLayer.Ethernet ? EthernetFrame.MinHeaderLength : 0;

    /// <inheritdoc/>
    public IFrameSender OpenSender() =>
        link.Layer == LinkLayer.Ethernet ? new RoutedSender(link.OpenSender(), link.HardwareAddress, findHop) : link.OpenSender();

    /// <inheritdoc/>
    public IFrameReceiver OpenReceiver(FrameFilter filter) =>
        new RoutedReceiver(link.OpenReceiver(new FrameFilter([], ports.First, ports.Last) { IsTcpAlone = true }), HeaderLength);

    /// <inheritdoc/>
    public void Dispose() => link.Dispose();

    private sealed class RoutedSender(IFrameSender sender, MacAddress own, Func<InternetAddress, MacAddress> findHop) : IOffloadSender
    {
        private readonly IOffloadSender? _able = sender as IOffloadSender;

        public Span<byte> Reserve() => sender.Reserve() is { IsEmpty: false } room ? room[EthernetFrame.MinHeaderLength..] : default;

        public void Commit(int length)
        {
            if (TryAddress(length))
            {
                sender.Commit(EthernetFrame.MinHeaderLength + length);
            }
        }

        public void Commit(int length, in FrameOffload offload)
        {
            if (TryAddress(length))
            {
                // Offsets count from the link's own header on.
                var isCut = offload.SegmentSize > 0;
                _able!.Commit(EthernetFrame.MinHeaderLength + length, offload with
                {
                    ChecksumStart = EthernetFrame.MinHeaderLength + offload.ChecksumStart,
                    HeaderLength = isCut ? EthernetFrame.MinHeaderLength + offload.HeaderLength : 0,
                });
            }
        }

        public SendReport Flush() => sender.Flush();

        public void Dispose() => sender.Dispose();

        private bool TryAddress(int length)
        {
            var frame = sender.Reserve();
            var packet = frame.Slice(EthernetFrame.MinHeaderLength, length);
            var isIPv4 = packet[0] >> 4 == 4;
            var hop = findHop(InternetAddress.FromBytes(isIPv4 ? packet.Slice(16, 4) : packet.Slice(24, 16)));
            if (hop == default)
            {
                // As on the way: TCP sends it again.
                return false;
            }

            EthernetWriter.Write(frame, hop, own, isIPv4 ? EtherType.Ipv4 : EtherType.Ipv6);
            return true;
        }
    }

    private sealed class RoutedReceiver(IFrameReceiver receiver, int headerLength) : IFrameReceiver, IOffloadSink
    {
        private IFrameSink? _sink;

        public long Dropped => receiver.Dropped;

        public int Receive(IFrameSink sink, TimeSpan timeout)
        {
            _sink = sink;
            return receiver.Receive(this, timeout);
        }

        public void Wake() => receiver.Wake();

        public void OnFrame(ReadOnlySpan<byte> frame, long timestamp) => OnFrame(frame, timestamp, isChecksumKnown: false);

        public void OnFrame(ReadOnlySpan<byte> frame, long timestamp, bool isChecksumKnown)
        {
            if (frame.Length <= headerLength)
            {
                return;
            }

            if (_sink is IOffloadSink knowing)
            {
                knowing.OnFrame(frame[headerLength..], timestamp, isChecksumKnown);
            }
            else
            {
                _sink?.OnFrame(frame[headerLength..], timestamp);
            }
        }

        public void Dispose() => receiver.Dispose();
    }
}
