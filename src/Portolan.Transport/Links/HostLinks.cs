using Portolan.Model;
using Portolan.Packets.Links;
using Portolan.Transport.Ip;

namespace Portolan.Transport.Links;

/// <summary>
/// A host with its links: what a thread or a simulation drives. One call of <see cref="Step"/> takes what came, does what is due and sends
/// what is to be sent; then nothing happens before <see cref="NextDeadline"/> or another frame.
/// </summary>
/// <remarks>
/// One thread at a time, but <see cref="Wake"/> is for any. A thread that has nothing else to do calls <see cref="WaitAndStep"/> again and
/// again: it waits in the receiver of the one link that is no <see cref="IWakingLink"/>, or for the others to say that frames came.
/// </remarks>
/// <param name="host">The host.</param>
internal sealed class HostLinks(IpHost host) : IDisposable
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);

    private Attached[] _attached = [];
    private readonly ManualResetEventSlim _woken = new(initialState: false);
    private volatile Attached? _waitingPlace;
    private ITimer? _timer;

    public IpHost Host { get; } = host;

    /// <summary>When <see cref="Step"/> is wanted next; earlier when frames come.</summary>
    public Instant NextDeadline
    {
        get
        {
            var next = Host.NextDeadline;
            foreach (var attached in _attached)
            {
                next = attached.Timed is { } timed ? Instant.Earlier(next, timed.NextDeadline) : next;
            }

            return next;
        }
    }

    /// <summary>Makes an interface of a link.</summary>
    /// <param name="link">The link; it is disposed with this object, unless this fails.</param>
    /// <param name="options">How the interface is; layer, Ethernet address and MTU are the link's unless they are smaller.</param>
    public IpInterface Attach(IPacketLink link, IpInterfaceOptions options)
    {
        var most = Math.Min(ushort.MaxValue, link.MaxFrameLength - (link.Layer == LinkLayer.Ethernet ? Packets.EthernetWriter.Length : 0));
        var sender = link.OpenSender();
        IFrameReceiver? receiver = null;
        IpInterface made;
        try
        {
            receiver = link.OpenReceiver(new FrameFilter([], PortNumber.Zero, new PortNumber(ushort.MaxValue)));
            made = Host.AddInterface(
                options with
                {
                    Layer = link.Layer,
                    HardwareAddress = link.HardwareAddress,
                    Mtu = Math.Min(options.Mtu, most),
                    Offload = options.Offload | (FindOffload(link)?.Offload ?? LinkOffload.None),
                },
                sender);
        }
        catch
        {
            receiver?.Dispose();
            sender.Dispose();
            throw;
        }

        var added = new Attached(made.Number, link, sender, receiver, Host);
        _attached = [.. _attached, added];
        if (FindWaking(link) is null)
        {
            _waitingPlace = added;
        }

        return made;
    }

    /// <summary>The link that says when frames came, within those that wrap it; <c>null</c> when it cannot.</summary>
    public static IWakingLink? FindWaking(IPacketLink link)
    {
        while (link is IWrappingLink wrapping)
        {
            link = wrapping.Inner;
        }

        return link as IWakingLink;
    }

    /// <summary>The link that does part of the stack's work, within those that wrap it.</summary>
    private static IOffloadLink? FindOffload(IPacketLink link)
    {
        while (link is IWrappingLink wrapping)
        {
            link = wrapping.Inner;
        }

        return link as IOffloadLink;
    }

    /// <summary>Whether a link that cannot say when frames came is there already. A thread waits in one such link only.</summary>
    public bool HasWaitingPlace => _waitingPlace is not null;

    /// <summary>Whether a link of its own still holds frames that take their time.</summary>
    public bool HasFramesUnderWay => Array.Exists(_attached, static a => a.Timed is { } timed && timed.NextDeadline != Instant.Never);

    /// <summary>Ends a wait of <see cref="WaitAndTake"/>, or the next one. Any thread.</summary>
    public void Wake()
    {
        if (_waitingPlace is { } place)
        {
            place.Receiver.Wake();
        }
        else
        {
            _woken.Set();
        }
    }

    /// <summary>
    /// Waits until frames come, something is due or <see cref="Wake"/> is called, then does what <see cref="Step"/> does.
    /// </summary>
    /// <param name="time">The time of the host. With another one than the system's its timers end the wait.</param>
    /// <param name="latest">When to stop waiting whatever happens.</param>
    /// <returns>How many frames came.</returns>
    public int WaitAndStep(TimeProvider time, Instant latest) => WaitAndTake(time, latest) + Step(time.GetInstant());

    /// <summary>
    /// Waits until frames come, something is due or <see cref="Wake"/> is called, and takes what came where it waited. What answers it
    /// waits for <see cref="Send"/>.
    /// </summary>
    /// <param name="time">The time of the host. With another one than the system's its timers end the wait.</param>
    /// <param name="latest">When to stop waiting whatever happens.</param>
    /// <returns>How many frames were taken; those of other links are there for <see cref="Take"/>.</returns>
    public int WaitAndTake(TimeProvider time, Instant latest)
    {
        var now = time.GetInstant();
        var next = Instant.Earlier(NextDeadline, latest);
        var timeout = next <= now ? TimeSpan.Zero : next == Instant.Never ? LongestWait : next - now;
        timeout = timeout > LongestWait ? LongestWait : timeout;
        if (time != TimeProvider.System && timeout > TimeSpan.Zero)
        {
            _timer ??= time.CreateTimer(
                static state => ((HostLinks)state!).Wake(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _timer.Change(timeout, Timeout.InfiniteTimeSpan);
            timeout = LongestWait;
        }

        // Waits are counted in whole milliseconds.
        timeout = TimeSpan.FromMilliseconds(Math.Ceiling(timeout.TotalMilliseconds));
        if (_waitingPlace is not { } place)
        {
            _woken.Wait(timeout);
            _woken.Reset();
            return 0;
        }

        Host.BeginBatch();
        var count = place.Take(time, timeout);
        Host.EndTaking();
        return count;
    }

    /// <summary>The queue of frames that came for an interface, to wait in or to wake.</summary>
    public IFrameReceiver ReceiverOf(IpInterface at) => Array.Find(_attached, a => a.Number == at.Number)?.Receiver
        ?? throw new ArgumentException($"{at.Name} has no link here", nameof(at));

    /// <summary>Takes what came, does what is due, sends what is to be sent.</summary>
    /// <returns>How many frames came.</returns>
    public int Step(Instant now)
    {
        var count = Take(now);
        Send(now);
        return count;
    }

    /// <summary>Takes what came. What answers it waits for <see cref="Send"/>.</summary>
    /// <returns>How many frames came.</returns>
    public int Take(Instant now)
    {
        var count = 0;
        Host.AdvanceTo(now);
        Host.BeginBatch();
        foreach (var attached in _attached)
        {
            count += attached.Take(now);
        }

        Host.EndTaking();
        return count;
    }

    /// <summary>Does what is due, and sends what is to be sent.</summary>
    public void Send(Instant now)
    {
        if (Host.NextDeadline <= now)
        {
            Host.OnTimer(now);
        }

        Host.Flush();
        foreach (var attached in _attached)
        {
            if (attached.Timed is { } timed && timed.NextDeadline <= now)
            {
                timed.OnTimer(now);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _timer?.Dispose();
        foreach (var attached in _attached)
        {
            attached.Receiver.Dispose();
            attached.Sender.Dispose();
            attached.Link.Dispose();
        }
    }

    private sealed class Attached(int number, IPacketLink link, IFrameSender sender, IFrameReceiver receiver, IpHost host) : IOffloadSink
    {
        private TimeProvider? _time;
        private Instant _now;

        internal int Number => number;

        internal IPacketLink Link => link;

        internal ITimedLink? Timed { get; } = link as ITimedLink;

        internal IFrameSender Sender => sender;

        internal IFrameReceiver Receiver => receiver;

        public void OnFrame(ReadOnlySpan<byte> frame, long timestamp) => OnFrame(frame, timestamp, isChecksumKnown: false);

        public void OnFrame(ReadOnlySpan<byte> frame, long timestamp, bool isChecksumKnown)
        {
            if (_time is { } time)
            {
                // The first after a wait says when the batch came.
                (_now, _time) = (time.GetInstant(), null);
            }

            host.OnFrame(number, frame, _now, isChecksumKnown);
        }

        public void Announce(ReadOnlySpan<byte> frame) => host.Announce(number, frame);

        internal int Take(Instant now)
        {
            _now = now;
            return receiver.Receive(this, TimeSpan.Zero);
        }

        internal int Take(TimeProvider time, TimeSpan timeout)
        {
            _time = time;
            var count = receiver.Receive(this, timeout);
            _time = null;
            return count;
        }
    }
}
