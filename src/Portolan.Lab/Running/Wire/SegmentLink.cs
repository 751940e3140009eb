using Portolan.Packets;
using Portolan.Packets.Links;

namespace Portolan.Lab.Running.Wire;

/// <summary>A member's end of a segment: whole IP packets, carried at once, without a copy.</summary>
/// <remarks>The lab's thread.</remarks>
internal sealed class SegmentLink(SegmentMember member, FramePool pool, int mtu) : IPacketLink
{
    public LinkLayer Layer => LinkLayer.Ip;

    public MacAddress HardwareAddress => default;

    public int MaxFrameLength => mtu;

    public string Description => $"{member.Name} at {member.Segment.Name}";

    public IFrameSender OpenSender() => new Sender(member, pool, mtu);

    public IFrameReceiver OpenReceiver(FrameFilter filter) => new Receiver(member, pool);

    public void Dispose()
    {
    }

    private sealed class Sender(SegmentMember member, FramePool pool, int mtu) : IFrameSender
    {
        private LabFrame? _reserved;
        private int _sent;

        public Span<byte> Reserve() => (_reserved ??= pool.Rent(mtu)).Buffer.AsSpan(0, mtu);

        public void Commit(int length)
        {
            var frame = _reserved!;
            _reserved = null;
            frame.Length = length;
            _sent++;
            member.Segment.Carry(member, frame);
        }

        public SendReport Flush()
        {
            var sent = _sent;
            _sent = 0;
            return new SendReport(sent, 0, SendFailure.None, 0);
        }

        public void Dispose()
        {
        }
    }

    private sealed class Receiver(SegmentMember member, FramePool pool) : IFrameReceiver
    {
        private const int Batch = 64;

        public long Dropped => member.Overflows;

        public int Receive(IFrameSink sink, TimeSpan timeout)
        {
            var count = 0;
            for (; count < Batch && member.TryTake(out var frame); count++)
            {
                if (frame.ReceiveAction.Kind == TreatmentKind.Take)
                {
                    sink.OnFrame(frame.Bytes, 0);
                }
                else
                {
                    member.Refuse?.Invoke(frame);
                }

                pool.Return(frame);
            }

            return count;
        }

        public void Wake()
        {
        }

        public void Dispose()
        {
        }
    }
}
