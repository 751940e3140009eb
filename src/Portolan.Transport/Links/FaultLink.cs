using Portolan.Packets;
using Portolan.Packets.Links;

namespace Portolan.Transport.Links;

/// <summary>
/// Spoils what is sent over a link: loses, repeats, reorders, damages and delays frames by a seed. What is received passes untouched; wrap
/// the other end for the other direction. Frames that take time wait here until <see cref="OnTimer"/>, and so do frames that the link under
/// it does not take yet: then senders get no room until it does.
/// </summary>
/// <remarks>One thread at a time.</remarks>
public sealed class FaultLink : ITimedLink, IWrappingLink
{
    private static readonly TimeSpan RetryTime = TimeSpan.FromMilliseconds(1);

    private readonly IPacketLink _inner;
    private readonly IFrameSender _sender;
    private readonly TimeProvider _time;
    private readonly FaultKeys _keys;
    private bool _isDisposed;
    private readonly PriorityQueue<Held, (Instant Due, long Order)> _held = new();
    private readonly Stack<byte[]> _unused = new();
    private Instant _busyUntil;
    private Instant _lastDue;
    private Instant _retryAt = Instant.Never;
    private SendReport _refusals;
    private bool _isBadTime;
    private long _order;

    /// <summary>Wraps a link.</summary>
    /// <param name="inner">The link; it is disposed with this one.</param>
    /// <param name="profile">What is done to frames.</param>
    /// <param name="seed">What their fate is drawn from.</param>
    /// <param name="time">The time, real or virtual.</param>
    /// <param name="keying">What the fate of a frame is drawn by.</param>
    public FaultLink(IPacketLink inner, FaultProfile profile, ulong seed, TimeProvider time, FaultKeying keying = FaultKeying.Order)
    {
        ArgumentNullException.ThrowIfNull(inner);
        ArgumentNullException.ThrowIfNull(time);
        (_inner, _time, Profile) = (inner, time, profile);
        _sender = inner.OpenSender();
        _keys = new FaultKeys(seed, keying, inner.Layer);
    }

    /// <summary>What is done to frames that are sent from now on.</summary>
    public FaultProfile Profile { get; set => field = Allowed.NotNull(value); }

    /// <summary>Hears of every frame that is sent.</summary>
    public FaultObserver? Observer { get; set; }

    /// <summary>Hears the same for a capture around this link.</summary>
    internal FaultObserver? Tap { get; set; }

    /// <summary>Frames under way.</summary>
    public int UnderWay => _held.Count;

    /// <inheritdoc/>
    public IPacketLink Inner => _inner;

    /// <inheritdoc/>
    public LinkLayer Layer => _inner.Layer;

    /// <inheritdoc/>
    public MacAddress HardwareAddress => _inner.HardwareAddress;

    /// <inheritdoc/>
    public int MaxFrameLength => _inner.MaxFrameLength;

    /// <inheritdoc/>
    public string Description => $"{_inner.Description}, with faults";

    /// <inheritdoc/>
    public Instant NextDeadline => _held.TryPeek(out _, out var next)
        ? Instant.Earlier(IsBlocked ? _retryAt : next.Due, NextOfInner)
        : NextOfInner;

    /// <summary>Whether frames that are due wait for the link under it.</summary>
    private bool IsBlocked => _retryAt != Instant.Never;

    private Instant NextOfInner => _inner is ITimedLink timed ? timed.NextDeadline : Instant.Never;

    /// <inheritdoc/>
    public IFrameSender OpenSender()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return new FaultSender(this);
    }

    /// <inheritdoc/>
    public IFrameReceiver OpenReceiver(FrameFilter filter)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return _inner.OpenReceiver(filter);
    }

    /// <inheritdoc/>
    public void OnTimer(Instant now)
    {
        PassOn(now);
        if (_inner is ITimedLink timed && timed.NextDeadline <= now)
        {
            timed.OnTimer(now);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _isDisposed = true;
        _sender.Dispose();
        _inner.Dispose();
    }

    /// <summary>
    /// Whether it takes frames now. It does not while the link under it is busy, or all that is sent meanwhile would pile up here.
    /// </summary>
    internal bool HasRoom()
    {
        if (IsBlocked)
        {
            PassOn(_time.GetInstant());
        }

        return !IsBlocked;
    }

    /// <summary>What the link under it has refused since the last call.</summary>
    internal SendReport TakeRefusals()
    {
        var refusals = _refusals;
        _refusals = default;
        return refusals;
    }

    /// <summary>Decides what becomes of a frame.</summary>
    internal void Take(ReadOnlySpan<byte> frame)
    {
        var now = _time.GetInstant();
        _keys.Begin(frame);
        var kinds = FindLoss(frame.Length);
        var leaves = now;
        if (kinds == FaultKinds.None && !TryQueue(frame.Length, now, out leaves))
        {
            kinds = FaultKinds.QueueFull;
        }

        if (kinds != FaultKinds.None)
        {
            Tell(frame, new FaultReport(kinds, now, Instant.Never));
            return;
        }

        var due = leaves + Profile.Delay + (Profile.Jitter * (Profile.Jitter == TimeSpan.Zero ? 0 : _keys.Next()));
        if (_keys.Happens(Profile.Reordering))
        {
            kinds |= FaultKinds.Reordered;
            due += Profile.ReorderDelay;
        }
        else
        {
            // Jitter stretches, it does not reorder.
            due = due > _lastDue ? due : _lastDue;
            _lastDue = due;
        }

        kinds |= _keys.Happens(Profile.Duplication) ? FaultKinds.Duplicated : FaultKinds.None;
        var place = _keys.Happens(Profile.Corruption) ? DamagePlace(frame) : -1;
        kinds |= place >= 0 ? FaultKinds.Corrupted : FaultKinds.None;
        Tell(frame, new FaultReport(kinds, now, due));
        Hold(frame, due, place);
        if ((kinds & FaultKinds.Duplicated) != 0)
        {
            Hold(frame, due, damageAt: -1);
        }

        if (due <= now)
        {
            OnTimer(now);
        }
    }

    /// <summary>Hands on what is due, as far as the link under it takes it.</summary>
    private void PassOn(Instant now)
    {
        var any = false;
        _retryAt = Instant.Never;
        while (_held.TryPeek(out var frame, out var next) && next.Due <= now)
        {
            var room = _sender.Reserve();
            if (room.IsEmpty)
            {
                Flush();
                any = false;
                room = _sender.Reserve();
            }

            if (room.IsEmpty)
            {
                _retryAt = now + RetryTime;
                break;
            }

            _held.Dequeue();
            frame.Buffer.AsSpan(0, frame.Length).CopyTo(room);
            _sender.Commit(frame.Length);
            any = true;
            _unused.Push(frame.Buffer);
        }

        if (any)
        {
            Flush();
        }
    }

    private void Flush()
    {
        var report = _sender.Flush();
        if (report.Refused > 0)
        {
            _refusals = report with { Sent = 0, Refused = _refusals.Refused + report.Refused };
        }
    }

    private void Tell(ReadOnlySpan<byte> frame, in FaultReport report)
    {
        Observer?.Invoke(frame, report);
        Tap?.Invoke(frame, report);
    }

    private FaultKinds FindLoss(int length)
    {
        if (Profile.IsPartitioned)
        {
            return FaultKinds.Partitioned;
        }

        if (Profile.MaxFrameLength > 0 && length > Profile.MaxFrameLength)
        {
            return FaultKinds.TooLong;
        }

        if (Profile.Bursts is { } bursts)
        {
            _isBadTime = _isBadTime ? !_keys.Happens(bursts.End) : _keys.Happens(bursts.Begin);
            if (_keys.Happens(_isBadTime ? bursts.BadLoss : bursts.GoodLoss))
            {
                return FaultKinds.LostInBurst;
            }
        }

        return _keys.Happens(Profile.Loss) ? FaultKinds.Lost : FaultKinds.None;
    }

    /// <summary>Puts a frame behind those that wait for the bandwidth.</summary>
    private bool TryQueue(int length, Instant now, out Instant leaves)
    {
        leaves = now;
        if (Profile.Bandwidth <= 0)
        {
            return true;
        }

        var begins = _busyUntil > now ? _busyUntil : now;
        var waiting = (Int128)(begins.Nanoseconds - now.Nanoseconds) * Profile.Bandwidth / 8_000_000_000;
        if (waiting + length > Profile.QueueLimit && waiting > 0)
        {
            return false;
        }

        leaves = new Instant(begins.Nanoseconds + (long)((Int128)length * 8_000_000_000 / Profile.Bandwidth));
        _busyUntil = leaves;
        return true;
    }

    /// <summary>A bit within the IP packet; -1 where there is none.</summary>
    private int DamagePlace(ReadOnlySpan<byte> frame)
    {
        var start = 0;
        if (Layer == LinkLayer.Ethernet)
        {
            var isIp = EthernetFrame.TryRead(frame, out var ethernet) && ethernet.Type is EtherType.Ipv4 or EtherType.Ipv6;
            start = isIp ? ethernet.HeaderLength : frame.Length;
        }

        return frame.Length - start < 2 ? -1 : (start * 8) + _keys.Below((frame.Length - start) * 8);
    }

    private void Hold(ReadOnlySpan<byte> frame, Instant due, int damageAt)
    {
        if (!_unused.TryPop(out var buffer) || buffer.Length < frame.Length)
        {
            buffer = new byte[Math.Max(frame.Length, 256)];
        }

        frame.CopyTo(buffer);
        if (damageAt >= 0)
        {
            var bits = 1 + _keys.Below(15);
            for (var bit = damageAt; bit < Math.Min(damageAt + bits, frame.Length * 8); bit++)
            {
                // The first bit for sure, the others by chance.
                if (bit == damageAt || _keys.Happens(0.5))
                {
                    buffer[bit / 8] ^= (byte)(0x80 >> (bit % 8));
                }
            }
        }

        _held.Enqueue(new Held(buffer, frame.Length), (due, _order++));
    }

    private readonly record struct Held(byte[] Buffer, int Length);
}

/// <summary>
/// A link on which frames take their time. Its driver calls <see cref="OnTimer"/> when <see cref="NextDeadline"/> is reached.
/// </summary>
public interface ITimedLink : IPacketLink
{
    /// <summary>When a frame is due; <see cref="Instant.Never"/> when none is under way.</summary>
    Instant NextDeadline { get; }

    /// <summary>Passes on what is due.</summary>
    void OnTimer(Instant now);
}
