using Portolan.Packets;
using Portolan.Packets.Links;

namespace Portolan.Transport.Links;

/// <summary>What to say of a frame in a capture file.</summary>
/// <param name="frame">The frame; valid during the call only.</param>
/// <param name="direction">Which way it goes.</param>
/// <returns>The comment, or <c>null</c> for none.</returns>
public delegate string? FrameComment(ReadOnlySpan<byte> frame, FrameDirection direction);

/// <summary>
/// Writes all that passes a link into a capture file. What is sent is written when it is handed to the link, which may still refuse it.
/// Around a <see cref="FaultLink"/> the comment of a frame says what was done to it, such as that it was lost.
/// </summary>
public sealed class CaptureLink : ITimedLink, IWrappingLink
{
    private readonly IPacketLink _inner;
    private readonly CaptureFile _file;
    private readonly int _interface;
    private readonly FrameComment? _comment;
    private readonly bool _hearsFaults;
    private bool _isDisposed;

    /// <summary>Wraps a link.</summary>
    /// <param name="inner">The link; it is disposed with this one.</param>
    /// <param name="file">The file, which may be others' too.</param>
    /// <param name="name">The interface's name in it.</param>
    /// <param name="comment">What to say of each frame.</param>
    public CaptureLink(IPacketLink inner, CaptureFile file, string name, FrameComment? comment = null)
    {
        ArgumentNullException.ThrowIfNull(inner);
        ArgumentNullException.ThrowIfNull(file);
        (_inner, _file, _comment) = (inner, file, comment);
        _interface = file.AddInterface(name, inner.Layer);
        if (inner is FaultLink faults)
        {
            // What becomes of a frame is known when it is flushed; it is written then.
            _hearsFaults = true;
            faults.Tap += OnFate;
        }
    }

    /// <inheritdoc/>
    public IPacketLink Inner => _inner;

    /// <inheritdoc/>
    public LinkLayer Layer => _inner.Layer;

    /// <inheritdoc/>
    public MacAddress HardwareAddress => _inner.HardwareAddress;

    /// <inheritdoc/>
    public int MaxFrameLength => _inner.MaxFrameLength;

    /// <inheritdoc/>
    public string Description => $"{_inner.Description}, captured";

    /// <inheritdoc/>
    public Instant NextDeadline => _inner is ITimedLink timed ? timed.NextDeadline : Instant.Never;

    /// <inheritdoc/>
    public void OnTimer(Instant now)
    {
        if (_inner is ITimedLink timed)
        {
            timed.OnTimer(now);
        }
    }

    /// <inheritdoc/>
    public IFrameSender OpenSender()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return _inner.OpenSender() is var sender && sender is IOffloadSender offload
            ? new OffloadSender(this, offload)
            : new Sender(this, sender);
    }

    /// <inheritdoc/>
    public IFrameReceiver OpenReceiver(FrameFilter filter)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return new Receiver(this, _inner.OpenReceiver(filter));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _isDisposed = true;
        _inner.Dispose();
    }

    private void Write(ReadOnlySpan<byte> frame, FrameDirection direction) =>
        _file.Write(_interface, frame, direction, _comment?.Invoke(frame, direction));

    private void OnFate(ReadOnlySpan<byte> frame, in FaultReport report)
    {
        var comment = _comment?.Invoke(frame, FrameDirection.Outbound);
        var fate = report.Kinds == FaultKinds.None ? null : $"{report}";
        _file.Write(_interface, frame, FrameDirection.Outbound, comment is null || fate is null ? comment ?? fate : $"{comment}; {fate}");
    }

    private class Sender(CaptureLink owner, IFrameSender inner) : IFrameSender
    {
        public Span<byte> Reserve() => inner.Reserve();

        public void Commit(int length)
        {
            Capture(length);
            inner.Commit(length);
        }

        public SendReport Flush() => inner.Flush();

        public void Dispose() => inner.Dispose();

        /// <summary>Until it is committed the link gives the same room again.</summary>
        protected void Capture(int length)
        {
            if (!owner._hearsFaults)
            {
                owner.Write(inner.Reserve()[..length], FrameDirection.Outbound);
            }
        }
    }

    private sealed class OffloadSender(CaptureLink owner, IOffloadSender inner) : Sender(owner, inner), IOffloadSender
    {
        public void Commit(int length, in FrameOffload offload)
        {
            Capture(length);
            inner.Commit(length, offload);
        }
    }

    private sealed class Receiver(CaptureLink owner, IFrameReceiver inner) : IFrameReceiver, IFrameSink
    {
        private IFrameSink? _sink;

        public long Dropped => inner.Dropped;

        public int Receive(IFrameSink sink, TimeSpan timeout)
        {
            _sink = sink;
            return inner.Receive(this, timeout);
        }

        public void OnFrame(ReadOnlySpan<byte> frame, long timestamp)
        {
            owner.Write(frame, FrameDirection.Inbound);
            _sink!.OnFrame(frame, timestamp);
        }

        public void Announce(ReadOnlySpan<byte> frame) => _sink!.Announce(frame);

        public void Wake() => inner.Wake();

        public void Dispose() => inner.Dispose();
    }
}
