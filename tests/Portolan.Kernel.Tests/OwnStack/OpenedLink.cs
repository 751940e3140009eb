using Portolan.Packets;
using Portolan.Packets.Links;

namespace Portolan.Kernel.Tests.OwnStack;

/// <summary>A link whose sender and receiver are opened at once, in the namespace of the thread that makes it.</summary>
internal sealed class OpenedLink(IPacketLink link) : IPacketLink
{
    private readonly IFrameSender _sender = link.OpenSender();
    private readonly IFrameReceiver _receiver = link.OpenReceiver(new FrameFilter([], default, default));

    public LinkLayer Layer => link.Layer;

    public MacAddress HardwareAddress => link.HardwareAddress;

    public int MaxFrameLength => link.MaxFrameLength;

    public string Description => link.Description;

    public IFrameSender OpenSender() => _sender;

    public IFrameReceiver OpenReceiver(FrameFilter filter) => _receiver;

    public void Dispose() => link.Dispose();
}
