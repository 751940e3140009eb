using Portolan.Packets;
using Portolan.Packets.Links;

namespace Portolan.Transport.Testing;

/// <summary>A link whose deadlines are the world's matter, not the host's, whose clock may go wrong.</summary>
internal sealed class UntimedLink(IPacketLink inner) : IPacketLink
{
    public LinkLayer Layer => inner.Layer;

    public MacAddress HardwareAddress => inner.HardwareAddress;

    public int MaxFrameLength => inner.MaxFrameLength;

    public string Description => inner.Description;

    public IFrameSender OpenSender() => inner.OpenSender();

    public IFrameReceiver OpenReceiver(FrameFilter filter) => inner.OpenReceiver(filter);

    public void Dispose() => inner.Dispose();
}
