using Portolan.Scan.Order;
using Portolan.Scan.Pacing;
using Portolan.Scan.Probes;

namespace Portolan.Scan.Engine.Raw;

/// <summary>
/// Passes over a list of probes in permuted order: the first over all, later ones over those that are still silent, no position before the
/// wait for its last probe is over. Holds no state for a probe.
/// </summary>
/// <remarks>
/// <see cref="Step"/> may run on many threads with a sender each; they share out positions by counting. All else is the driving thread's.
/// </remarks>
internal sealed class ProbeSweep
{
    private const int Claim = 64;
    private const int MostVisited = 8192;

    private readonly SweepStage _stage;
    private readonly HostGroup _group;
    private readonly RawPaths _paths;
    private readonly RawCounters _counters;
    private readonly PaceController _pace;
    private readonly IndexPermutation _order;
    private readonly PermutationShard _shard;
    private readonly ulong _shards;
    private readonly ulong _together;
    private readonly ulong _shardNumber;
    private readonly SendTimes _times;
    private readonly Lock _againGate = new();
    private readonly Queue<ulong> _again = new();
    private long _next;
    private long _sent;
    private int _busy;
    private long _wait;
    private ulong _settled;

    public ProbeSweep(
        SweepStage stage, HostGroup group, RawPaths paths, RawContext context, PaceController pace, IndexPermutation order, bool isShared)
    {
        _stage = stage;
        _group = group;
        _paths = paths;
        _counters = context.Counters;
        _pace = pace;
        _together = (ulong)stage.Together;
        _order = order;
        _shards = isShared ? (ulong)Math.Max(1, context.Settings.ShardCount) : 1;
        _shardNumber = isShared ? (ulong)context.Settings.Shard : 0;
        _shard = _order.Shard((int)_shardNumber, (int)_shards);
        Positions = stage.Count == 0 ? 0 : _shard.Count * _together;
        _times = new SendTimes(Positions);
        _next = (long)Positions;
    }

    /// <summary>Positions of a pass.</summary>
    public ulong Positions { get; }

    /// <summary>The pass that runs, from 0; also the number of the attempt.</summary>
    public int Pass { get; private set; }

    /// <summary>Probes sent in this pass.</summary>
    public long SentInPass => Volatile.Read(ref _sent);

    /// <summary>Every position was looked at, and what was to be sent is sent.</summary>
    public bool IsPassSent => Volatile.Read(ref _next) >= (long)Positions && Volatile.Read(ref _busy) == 0 && AgainCount == 0;

    /// <summary>No position is left to claim.</summary>
    public bool IsPassClaimed => Volatile.Read(ref _next) >= (long)Positions;

    /// <summary>How much of the pass was looked at, 0 to 1.</summary>
    public double Progress => Positions == 0 ? 1 : Math.Min(1, Volatile.Read(ref _next) / (double)Positions);

    /// <summary>There are probes that a link did not take.</summary>
    public bool HasRefused => AgainCount > 0;

    /// <summary>Times of sending.</summary>
    public SendTimes Times => _times;

    /// <summary>After each of so many probes, a control probe may be sent; set by the driving thread.</summary>
    public ControlProbes? Controls { get; set; }

    private int AgainCount
    {
        get
        {
            lock (_againGate)
            {
                return _again.Count;
            }
        }
    }

    /// <summary>Starts a pass.</summary>
    /// <param name="pass">Its number.</param>
    /// <param name="from">The first position.</param>
    /// <param name="wait">Nanoseconds from a position's last probe until it may be probed again.</param>
    public void BeginPass(int pass, ulong from, long wait)
    {
        Pass = pass;
        _times.Begin(pass);
        _times.Forget(Math.Min(pass, ProbeTag.LastAttempt) - 3);
        _settled = from;
        Volatile.Write(ref _sent, 0);
        SetWait(wait);
        Volatile.Write(ref _next, (long)Math.Min(from, Positions));
    }

    /// <summary>The wait for replies has changed.</summary>
    public void SetWait(long wait) => Volatile.Write(ref _wait, wait);

    /// <summary>Sends as much as the pace allows, up to a batch or two.</summary>
    /// <returns>Probes sent; 0 also when the next position's wait is not over.</returns>
    public int Step(RawSender sender, long now, bool withAgain)
    {
        if (withAgain)
        {
            SendAgain(sender, now);
        }

        var leave = _pace.Take(now, 4 * Claim);
        if (leave == 0)
        {
            return 0;
        }

        Interlocked.Increment(ref _busy);
        var sent = 0;
        for (var visited = 0; sent < leave && visited < MostVisited;)
        {
            var count = Pass == 0 ? Math.Min(leave - sent, Claim) : Claim;
            if (!MayClaim(count, now))
            {
                break;
            }

            var start = Interlocked.Add(ref _next, count) - count;
            var end = Math.Min(start + count, (long)Positions);
            for (var position = start; position < end; position++)
            {
                sent += Visit(sender, (ulong)position, now) ? 1 : 0;
            }

            visited += count;
        }

        sender.Flush();
        TakeBack(sender, now);
        Interlocked.Add(ref _sent, sent);
        if (Pass == 0)
        {
            _pace.CountSent(now, sent, areControls: false);
        }
        else
        {
            _counters.CountRetries(sent);
        }

        _pace.Return(leave - sent);
        Interlocked.Decrement(ref _busy);
        return sent;
    }

    /// <summary>The position of a probe; <c>false</c> when it is in another share.</summary>
    public bool TryPositionOf(ulong index, out ulong position)
    {
        var place = _order.PositionOf(index / _together);
        position = (place / _shards * _together) + (index % _together);
        return place % _shards == _shardNumber;
    }

    /// <summary>When the next position may be probed: now, or when its wait is over.</summary>
    public long ReadyAt(long now)
    {
        // The last of those that are claimed together: looking at the first would end in waits of nothing.
        var last = Math.Min((ulong)(Volatile.Read(ref _next) + Claim), Positions);
        return Pass == 0 || last == 0 || !_times.TryRead(Pass - 1, last - 1, now, out var sentAt) ? now : sentAt + Volatile.Read(ref _wait);
    }

    /// <summary>Up to where every probe was sent and its wait is over.</summary>
    public ProbeCursor Cursor(long now)
    {
        var next = (ulong)Math.Min(Volatile.Read(ref _next), (long)Positions);
        while (_settled < next && _times.TryRead(Pass, _settled, now, out var sentAt) && sentAt + Volatile.Read(ref _wait) <= now)
        {
            _settled = Math.Min(next, (_settled / _times.BlockSize * _times.BlockSize) + _times.BlockSize);
        }

        // The last block may still be filling, and probes that were refused lie behind.
        return new ProbeCursor(Pass, AgainCount > 0 ? 0 : _settled < next ? _settled : next - Math.Min(next, _times.BlockSize));
    }

    private ulong IndexAt(ulong position) =>
        _together > 1
            ? (_shard.At(position / _together) * _together) + (position % _together)
            : _shards == 1 ? _order.At(position) : _shard.At(position);

    private bool MayClaim(int count, long now)
    {
        var next = Volatile.Read(ref _next);
        if (next >= (long)Positions)
        {
            return false;
        }

        var last = Math.Min((ulong)(next + count), Positions) - 1;
        return Pass == 0 || !_times.TryRead(Pass - 1, last, now, out var sentAt) || sentAt + Volatile.Read(ref _wait) <= now;
    }

    private bool Visit(RawSender sender, ulong position, long now)
    {
        _times.Note(Pass, position, now);
        if (!_stage.TryGet(IndexAt(position), out var probe))
        {
            return false;
        }

        // Who asks for a neighbour's address does not need it.
        if (!_paths.TryFind(probe.Host, out var path, out var nextHop) && probe.Kind != ProbeKind.Neighbour)
        {
            return false;
        }

        sender.Send(
            path, nextHop, _group.AddressOf(probe.Host), probe.Kind, probe.Port, ProbeTag.ForAttempt(Pass),
            new SentProbe(ProbeOrigin.Sweep, position));
        Controls?.AfterProbe(sender, probe.Host, now);
        return true;
    }

    // What a link did not take is sent again in the same pass: it is not an attempt.
    private void TakeBack(RawSender sender, long now)
    {
        if (sender.Refused.Count == 0)
        {
            return;
        }

        lock (_againGate)
        {
            foreach (var probe in sender.Refused)
            {
                if (probe.Origin == ProbeOrigin.Sweep)
                {
                    _again.Enqueue(probe.Number);
                    Interlocked.Decrement(ref _sent);
                }
                else if (probe.Origin == ProbeOrigin.Control)
                {
                    Controls?.Cancel(probe.Number);
                }
            }
        }

        sender.Refused.Clear();
        _pace.OnLocalLoss(now);
    }

    private void SendAgain(RawSender sender, long now)
    {
        int count;
        lock (_againGate)
        {
            count = _again.Count;
        }

        count = count == 0 ? 0 : _pace.Take(now, Math.Min(count, Claim));
        for (; count > 0; count--)
        {
            ulong position;
            lock (_againGate)
            {
                position = _again.Dequeue();
            }

            Interlocked.Add(ref _sent, Visit(sender, position, now) ? 1 : 0);
        }

        sender.Flush();
        TakeBack(sender, now);
    }
}

/// <summary>A probe to send.</summary>
/// <param name="Host">The host's number in its group.</param>
/// <param name="Kind">What to send.</param>
/// <param name="Port">The port's number, for TCP and UDP.</param>
internal readonly record struct WantedProbe(int Host, ProbeKind Kind, ushort Port);
