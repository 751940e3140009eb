using Portolan.Model;
using Portolan.Packets.Links;
using Portolan.Transport.Ip;

namespace Portolan.Transport.Links;

/// <summary>
/// A host with its links: what a thread or a simulation drives. One call of <see cref="Step"/> takes what came, does what is due and sends what is to be
/// sent; then nothing happens before <see cref="NextDeadline"/> or another frame.
/// </summary>
/// <remarks>
/// One thread at a time. A thread waits in the receiver of its only link with <see cref="NextDeadline"/> for a timeout and is woken by
/// <see cref="IFrameReceiver.Wake"/>; with several links it waits on what they have in common, such as the descriptors of TUN devices. Links in memory
/// say by <see cref="MemoryLink.Arrived"/> that there is something to do.
/// </remarks>
/// <param name="host">The host.</param>
public sealed class HostLinks(IpHost host) : IDisposable
{
    private readonly List<Attached> _attached = [];

    /// <summary>The host.</summary>
    public IpHost Host { get; } = host;

    /// <summary>When <see cref="Step"/> is wanted next; earlier when frames come.</summary>
    public Instant NextDeadline
    {
        get
        {
            var next = Host.NextDeadline;
            foreach (var attached in _attached)
            {
                next = attached.Link is ITimedLink timed ? Instant.Earlier(next, timed.NextDeadline) : next;
            }

            return next;
        }
    }

    /// <summary>Makes an interface of a link.</summary>
    /// <param name="link">The link; it is disposed with this object.</param>
    /// <param name="options">How the interface is; layer, Ethernet address and MTU are the link's unless they are smaller.</param>
    public IpInterface Attach(IPacketLink link, IpInterfaceOptions options)
    {
        var most = Math.Min(ushort.MaxValue, link.MaxFrameLength - (link.Layer == LinkLayer.Ethernet ? Packets.EthernetWriter.Length : 0));
        var sender = link.OpenSender();
        var made = Host.AddInterface(
            options with { Layer = link.Layer, HardwareAddress = link.HardwareAddress, Mtu = Math.Min(options.Mtu, most) }, sender);
        var receiver = link.OpenReceiver(new FrameFilter([], PortNumber.Zero, new PortNumber(ushort.MaxValue)));
        _attached.Add(new Attached(made.Number, link, sender, receiver, Host));
        return made;
    }

    /// <summary>The queue of frames that came for an interface, to wait in or to wake.</summary>
    public IFrameReceiver ReceiverOf(IpInterface at) => _attached.Find(a => a.Number == at.Number)?.Receiver
        ?? throw new ArgumentException($"{at.Name} has no link here", nameof(at));

    /// <summary>Takes what came, does what is due, sends what is to be sent.</summary>
    /// <returns>How many frames came.</returns>
    public int Step(Instant now)
    {
        var count = 0;
        Host.AdvanceTo(now);
        foreach (var attached in _attached)
        {
            count += attached.Take(now);
        }

        if (Host.NextDeadline <= now)
        {
            Host.OnTimer(now);
        }

        Host.Flush();
        foreach (var attached in _attached)
        {
            if (attached.Link is ITimedLink timed && timed.NextDeadline <= now)
            {
                timed.OnTimer(now);
            }
        }

        return count;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var attached in _attached)
        {
            attached.Receiver.Dispose();
            attached.Sender.Dispose();
            attached.Link.Dispose();
        }
    }

    private sealed class Attached(int number, IPacketLink link, IFrameSender sender, IFrameReceiver receiver, IpHost host) : IFrameSink
    {
        private Instant _now;

        internal int Number => number;

        internal IPacketLink Link => link;

        internal IFrameSender Sender => sender;

        internal IFrameReceiver Receiver => receiver;

        public void OnFrame(ReadOnlySpan<byte> frame, long timestamp) => host.OnFrame(number, frame, _now);

        internal int Take(Instant now)
        {
            _now = now;
            return receiver.Receive(this, TimeSpan.Zero);
        }
    }
}
