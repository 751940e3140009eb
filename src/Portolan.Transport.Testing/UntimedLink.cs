using Portolan.Packets;
using Portolan.Packets.Links;

namespace Portolan.Transport.Testing;

/// <summary>Hears of every frame that comes to a host, before the host does.</summary>
internal delegate void ArrivalObserver(ReadOnlySpan<byte> frame);

/// <summary>A link whose deadlines are the world's matter, not the host's, whose clock may go wrong.</summary>
internal sealed class UntimedLink(IPacketLink inner, ArrivalObserver observer) : IPacketLink
{
    public LinkLayer Layer => inner.Layer;

    public MacAddress HardwareAddress => inner.HardwareAddress;

    public int MaxFrameLength => inner.MaxFrameLength;

    public string Description => inner.Description;

    public IFrameSender OpenSender() => inner.OpenSender();

    public IFrameReceiver OpenReceiver(FrameFilter filter) => new Tap(inner.OpenReceiver(filter), observer);

    public void Dispose() => inner.Dispose();

    private sealed class Tap(IFrameReceiver receiver, ArrivalObserver observer) : IFrameReceiver, IFrameSink
    {
        private IFrameSink? _sink;

        public long Dropped => receiver.Dropped;

        public int Receive(IFrameSink sink, TimeSpan timeout)
        {
            _sink = sink;
            return receiver.Receive(this, timeout);
        }

        public void OnFrame(ReadOnlySpan<byte> frame, long timestamp)
        {
            observer(frame);
            _sink!.OnFrame(frame, timestamp);
        }

        public void Wake() => receiver.Wake();

        public void Dispose() => receiver.Dispose();
    }
}
