using Portolan.Packets;
using Portolan.Packets.Links;

namespace Portolan.Tests.Scan.Simulation;

/// <summary>The simulated network's link. Frames leave at a flush; time moves while a receiver waits.</summary>
internal sealed class SimulatedLink(SimulatedNetwork network) : IPacketLink
{
    public LinkLayer Layer => LinkLayer.Ethernet;

    public MacAddress HardwareAddress => SimulatedNetwork.OwnHardware;

    public int MaxFrameLength => 1514;

    public string Description => "simulated link";

    public IFrameSender OpenSender() => new Sender(network);

    public IFrameReceiver OpenReceiver(FrameFilter filter) => new Receiver(network);

    public void Dispose()
    {
    }

    private sealed class Sender(SimulatedNetwork network) : IFrameSender
    {
        private const int Capacity = 32;

        private readonly byte[][] _slots = [.. Enumerable.Range(0, Capacity).Select(static _ => new byte[2048])];
        private readonly int[] _lengths = new int[Capacity];
        private int _count;

        public Span<byte> Reserve() => _count == Capacity ? default : _slots[_count];

        public void Commit(int length) => _lengths[_count++] = length;

        public SendReport Flush()
        {
            var count = _count;
            _count = 0;
            if (network.Failure != SendFailure.None)
            {
                return new SendReport(0, count, network.Failure, 105);
            }

            for (var i = 0; i < count; i++)
            {
                network.Deliver(_slots[i].AsSpan(0, _lengths[i]));
            }

            return new SendReport(count, 0, SendFailure.None, 0);
        }

        public void Dispose()
        {
        }
    }

    private sealed class Receiver(SimulatedNetwork network) : IFrameReceiver
    {
        public long Dropped => 0;

        public int Receive(IFrameSink sink, TimeSpan timeout) => network.Receive(sink, timeout);

        public void Wake()
        {
        }

        public void Dispose()
        {
        }
    }
}
