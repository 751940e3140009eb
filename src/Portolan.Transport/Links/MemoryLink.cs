using Portolan.Packets;
using Portolan.Packets.Links;

namespace Portolan.Transport.Links;

/// <summary>One end of a wire, or one port of a switch, in memory.</summary>
public sealed class MemoryLink : IWakingLink
{
    private readonly IMemoryFabric _fabric;
    private readonly Lock _lock = new();
    private bool _isDisposed;

    /// <summary>Replaced as a whole: senders of other threads read it at any time.</summary>
    private volatile FrameQueue[] _receivers = [];

    internal MemoryLink(IMemoryFabric fabric, MemoryLinkOptions options, MacAddress hardwareAddress, string description)
    {
        _fabric = fabric;
        Options = options;
        HardwareAddress = hardwareAddress;
        Description = description;
    }

    /// <inheritdoc/>
    public LinkLayer Layer => Options.Layer;

    /// <inheritdoc/>
    public MacAddress HardwareAddress { get; }

    /// <inheritdoc/>
    public int MaxFrameLength => Options.MaxFrameLength;

    /// <inheritdoc/>
    public string Description { get; }

    /// <summary>
    /// Called when frames came, on the sender's thread: what wakes a host that polls. One who waits in a receiver needs it not.
    /// </summary>
    public Action? Arrived { get; set; }

    internal MemoryLinkOptions Options { get; }

    /// <summary>Whether frames wait here.</summary>
    public bool HasFrames
    {
        get
        {
            foreach (var receiver in _receivers)
            {
                if (!receiver.IsEmpty)
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <inheritdoc/>
    public IFrameSender OpenSender()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return new MemorySender(this, _fabric);
    }

    /// <inheritdoc/>
    public IFrameReceiver OpenReceiver(FrameFilter filter)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        var queue = new FrameQueue(Options.Capacity);
        lock (_lock)
        {
            _receivers = [.. _receivers, queue];
        }

        return new Receiver(this, queue);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _isDisposed = true;
        _fabric.Remove(this);
    }

    /// <summary>How many frames the fullest receiver takes.</summary>
    internal int Free()
    {
        var free = int.MaxValue;
        foreach (var receiver in _receivers)
        {
            free = Math.Min(free, receiver.Free);
        }

        return free;
    }

    internal void Deliver(ReadOnlySpan<byte> frame, long timestamp)
    {
        foreach (var receiver in _receivers)
        {
            receiver.TryAdd(frame, timestamp);
        }

        Arrived?.Invoke();
    }

    private sealed class Receiver(MemoryLink owner, FrameQueue queue) : IFrameReceiver
    {
        public long Dropped => queue.Dropped;

        public int Receive(IFrameSink sink, TimeSpan timeout) => queue.Receive(sink, timeout);

        public void Wake() => queue.Wake();

        public void Dispose()
        {
            lock (owner._lock)
            {
                owner._receivers = [.. owner._receivers.Where(q => q != queue)];
            }

            queue.Dispose();
        }
    }
}

/// <summary>What links in memory are connected by.</summary>
internal interface IMemoryFabric
{
    /// <summary>Carries a frame from one of its links to others.</summary>
    void Carry(MemoryLink from, ReadOnlySpan<byte> frame, long timestamp);

    /// <summary>How many frames of a link it takes now.</summary>
    int FreeFor(MemoryLink from);

    /// <summary>Takes a link off.</summary>
    void Remove(MemoryLink link);
}
