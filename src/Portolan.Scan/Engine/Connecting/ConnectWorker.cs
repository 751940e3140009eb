using Portolan.Model;
using Portolan.Packets.Links;
using Portolan.Scan.Probes.Payloads;

namespace Portolan.Scan.Engine.Connecting;

/// <summary>Keeps attempts in flight on one connector. Each has a thread of its own; the first runs on the driving thread.</summary>
/// <remarks>All its waiting happens in <see cref="IConnector.Complete"/>, so a simulated connector moves virtual time.</remarks>
internal sealed partial class ConnectWorker : IDisposable
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan BusyWait = TimeSpan.FromMilliseconds(10);

    private readonly IConnector _connector;
    private readonly TimeProvider _clock;
    private readonly UdpPayloads _payloads;
    private readonly ConnectOutcome[] _outcomes = new ConnectOutcome[128];
    private readonly Flight[] _flights;
    private readonly Stack<int> _free;
    private readonly ConnectWindow _window;
    private readonly SendLimits _limits;
    private readonly Queue<Flight> _again = new();
    private readonly PriorityQueue<Flight, long> _deferred = new();
    private DatagramPatience? _datagrams;
    private ulong _chunkAt;
    private ulong _chunkEnd;
    private readonly bool _countsListeners;
    private int _listening;
    private long _busySince;
    private long _lastTick;
    private ulong _safe;

    /// <summary>Takes a connector, which it disposes of.</summary>
    public ConnectWorker(IConnector connector, TimeProvider clock, UdpPayloads payloads, TimingSettings timing, int shares)
    {
        _connector = connector;
        _clock = clock;
        _payloads = payloads;
        _flights = new Flight[connector.Capacity];
        _free = new Stack<int>(connector.Capacity);
        for (var i = _flights.Length - 1; i >= 0; i--)
        {
            _free.Push(i);
        }

        // Who waits to be greeted needs no more of the network, unless a person has counted the connections.
        _countsListeners = timing.MaxParallelism > 0;
        var most = timing.MaxParallelism > 0 ? Math.Min(connector.Capacity, Share(timing.MaxParallelism, shares)) : connector.Capacity;
        _window = new ConnectWindow(timing.MinParallelism > 0 ? Share(timing.MinParallelism, shares) : 1, most);
        _limits = new SendLimits(timing, shares);
    }

    /// <summary>All positions below are over, as far as this worker knows.</summary>
    public ulong Safe => Interlocked.Read(ref _safe);

    private long Now => (long)(_clock.GetTimestamp() * (1e9 / _clock.TimestampFrequency));

    private bool HasWork => _chunkAt < _chunkEnd || _again.Count > 0 || _deferred.Count > 0;

    /// <summary>Works on a pass until nothing is left to take and nothing is in flight, or the run stops.</summary>
    /// <param name="stage">The stage.</param>
    /// <param name="paces">This worker's paces of the group's hosts.</param>
    /// <param name="onTick">Called about twenty times a second; for the driving thread.</param>
    public void Run(ConnectStage stage, HostPaces paces, Action? onTick)
    {
        Interlocked.Exchange(ref _safe, stage.Untaken);
        _datagrams = stage.IsDatagrams && stage.Pass > 0 ? new DatagramPatience(paces, stage.Settings.Timing) : null;
        while (!stage.IsStopping)
        {
            var wait = Fill(stage, paces);
            if (InFlight == 0 && !HasWork && wait is null)
            {
                Interlocked.Exchange(ref _safe, ulong.MaxValue);
                return;
            }

            var count = _connector.Complete(_outcomes, wait ?? LongestWait);
            for (var i = 0; i < count; i++)
            {
                Take(stage, paces, _outcomes[i]);
            }

            Tick(stage, onTick);
        }

        if (stage.Table.GreetingWait > TimeSpan.Zero)
        {
            EndListening(stage, paces);
        }
    }

    /// <summary>The most probes per second of all workers together.</summary>
    public void SetCeiling(double ceiling) => _limits.SetCeiling(ceiling);

    /// <summary>Much was lost: fewer in flight from now on.</summary>
    public void SlowDown() => _window.Shrink();

    /// <inheritdoc/>
    public void Dispose() => _connector.Dispose();

    private int InFlight => _flights.Length - _free.Count;

    /// <summary>Attempts that count for the window.</summary>
    private int Counted => _countsListeners ? InFlight : InFlight - _listening;

    /// <summary>Starts what may be started.</summary>
    /// <returns>How long to wait at most before trying again; <c>null</c> when there is nothing more to start.</returns>
    private TimeSpan? Fill(ConnectStage stage, HostPaces paces)
    {
        var now = Now;
        while (true)
        {
            if (Counted >= Math.Min(_window.Size, _flights.Length) && !_limits.IsBehind(now))
            {
                return LongestWait;
            }

            if (_free.Count == 0)
            {
                return LongestWait;
            }

            if (_limits.WaitFor(now) is var rateWait && rateWait > TimeSpan.Zero)
            {
                return rateWait < LongestWait ? rateWait : LongestWait;
            }

            if (!TryNext(stage, paces, now, out var flight, out var hostWait))
            {
                return hostWait;
            }

            if (!Start(stage, paces, flight, now))
            {
                return BusyWait;
            }
        }
    }

    // What failed before goes first, then hosts whose delay is over, then new positions.
    private bool TryNext(ConnectStage stage, HostPaces paces, long now, out Flight flight, out TimeSpan? wait)
    {
        wait = null;
        if (_again.TryDequeue(out flight))
        {
            return true;
        }

        while (_deferred.TryPeek(out flight, out var readyAt) && readyAt <= now)
        {
            _deferred.Dequeue();
            if (!stage.Table.TryGet(flight.Position, out flight.Probe))
            {
                continue;
            }

            if (paces.ReadyAt(flight.Probe.Host, now) is var later && later > now)
            {
                _deferred.Enqueue(flight, later);
                continue;
            }

            return true;
        }

        var most = Math.Clamp(stage.Group.Count, 64, 4096);
        while (_deferred.Count < most)
        {
            if (_chunkAt >= _chunkEnd && !stage.TryTakeChunk(out _chunkAt, out _chunkEnd))
            {
                _chunkAt = _chunkEnd = 0;
                break;
            }

            flight = new Flight { Position = _chunkAt++ };
            if (!stage.Table.TryGet(flight.Position, out flight.Probe))
            {
                continue;
            }

            if (paces.ReadyAt(flight.Probe.Host, now) is var readyAt && readyAt > now)
            {
                _deferred.Enqueue(flight, readyAt);
                continue;
            }

            return true;
        }

        if (_deferred.TryPeek(out _, out var next))
        {
            wait = TimeSpan.FromTicks(Math.Clamp((next - now) / 100, 1, LongestWait.Ticks));
        }

        return false;
    }

    private bool Start(ConnectStage stage, HostPaces paces, Flight flight, long now)
    {
        var target = stage.Group.AddressOf(flight.Probe.Host);
        var scope = target.IsLinkLocal ? stage.Group[flight.Probe.Host].ScopeId : 0;
        var isUdp = flight.Probe.Port.Protocol == TransportProtocol.Udp;
        var number = _free.Pop();
        _flights[number] = flight;
        _flights[number].IsFlying = true;
        var start = _connector.TryStart(new ConnectAttempt(
            (ulong)number, flight.Probe.Port.Protocol, target, scope, flight.Probe.Port.Port, paces.Timeout(flight.Probe.Host),
            isUdp ? _payloads.For(flight.Probe.Port.Port, stage.Pass) : default)
        {
            GreetingWait = stage.Table.GreetingWait,
        });
        if (start.Result == ConnectStartResult.Started)
        {
            _busySince = 0;
            _limits.Sent(now);
            paces.Sent(flight.Probe.Host, now);
            stage.CountSent(flight.Tries > 0);
            return true;
        }

        _flights[number].IsFlying = false;
        _free.Push(number);
        stage.CountNotSent();
        return NotStarted(stage, flight, start, now);
    }

    private void Tick(ConnectStage stage, Action? onTick)
    {
        var now = Now;
        if (now - _lastTick < LongestWait.Ticks * 100)
        {
            return;
        }

        _lastTick = now;
        var safe = _chunkAt < _chunkEnd ? _chunkAt : stage.Untaken;
        var heardInVain = false;
        for (var i = 0; i < _flights.Length; i++)
        {
            safe = _flights[i].IsFlying ? Math.Min(safe, _flights[i].Position) : safe;
            heardInVain |= _flights[i] is { IsFlying: true, IsListening: true } && !stage.Group.IsActive(_flights[i].Probe.Host);
        }

        if (heardInVain)
        {
            // Their hosts were given up.
            _connector.EndListening(token => !stage.Group.IsActive(_flights[token].Probe.Host));
        }

        foreach (var waiting in _again)
        {
            safe = Math.Min(safe, waiting.Position);
        }

        foreach (var (waiting, _) in _deferred.UnorderedItems)
        {
            safe = Math.Min(safe, waiting.Position);
        }

        Interlocked.Exchange(ref _safe, safe);
        onTick?.Invoke();
    }

    private static int Share(int whole, int shares) => Math.Max(1, whole / shares);

    private struct Flight
    {
        internal ulong Position;
        internal ConnectProbe Probe;
        internal int Tries;
        internal bool IsFlying;
        internal bool IsListening;
    }
}
