using Portolan.Forwarding.Engine;
using Portolan.Forwarding.Statistics;
using Portolan.Linux.Relay;

namespace Portolan.Forwarding.Udp;

/// <summary>A forward for datagrams: one worker has its socket and all of its flows.</summary>
internal sealed class DatagramListener(Worker worker, RunningForward forward, ForwardCounters counters) : Listening
{
    /// <summary>So many flows give way at once.</summary>
    private const int Yield = 32;

    /// <summary>At the end the queue is read so often at most.</summary>
    private const int QueueTurns = 256;

    private readonly Dictionary<FlowKey, DatagramFlow> _flows = [];
    private bool _isWatching;
    private bool _hasMoved;
    private long _pausedUntil;
    private uint _drops;

    /// <inheritdoc/>
    public override RunningForward Forward => forward;

    /// <summary>The worker's memory for datagrams.</summary>
    public DatagramBatch Batch => worker.Datagrams;

    /// <summary>Its flows that may go on, the one that has been silent longest first.</summary>
    public FlowOrder Active { get; } = new();

    /// <summary>Its flows whose answers have come: they give their places to new clients at once.</summary>
    public FlowOrder Over { get; } = new();

    /// <summary>Whether the forward ends: no client begins a flow any more, and those there are go on until their talk is over.</summary>
    public bool IsStopping { get; private set; }

    /// <summary>Bytes and datagrams of some messages.</summary>
    public static (long Bytes, long Packets) Count(DatagramBatch batch, int first, int count)
    {
        var (bytes, packets) = (0L, 0L);
        for (var i = first; i < first + count; i++)
        {
            var length = batch.LengthOf(i);
            bytes += length;
            packets += batch.DatagramsOf(i);
        }

        return (bytes, packets);
    }

    /// <inheritdoc/>
    public override void Start()
    {
        worker.Watch(this);
        Resume();
    }

    /// <summary>
    /// Stops as another socket has the port now, which hears the clients from this call on; what waits here is served, and answers still go
    /// out by this one.
    /// </summary>
    public void Move()
    {
        if (Slot >= 0)
        {
            _hasMoved = true;
            RelaySocket.Deafen(forward.Listener);
            Stop();
        }
    }

    /// <inheritdoc/>
    public override void Stop()
    {
        if (Slot >= 0)
        {
            // What waits in the queue came before the end: it is served.
            for (var turns = 0; turns < QueueTurns && forward.Rules.RateUp is null && Take() > 0; turns++)
            {
            }

            IsStopping = true;
            foreach (var flow in _flows.Values)
            {
                flow.SetDeadline();
            }

            CloseIfDone();
        }
    }

    /// <summary>Ends flows that have been silent for some time, so that their descriptors serve others.</summary>
    public void GiveWay()
    {
        for (var left = Yield; left > 0 && Evict(); left--)
        {
        }
    }

    /// <inheritdoc/>
    public override void Resume()
    {
        if (!_isWatching && Slot >= 0 && worker.Now >= _pausedUntil)
        {
            worker.Wheel.Clear(this);
            _isWatching = worker.Events.Add(forward.Listener, WatchedTable.NumberOf(this, 0), RelayEvent.Readable) == 0;
        }
    }

    /// <inheritdoc/>
    public override void OnDeadline() => Resume();

    /// <inheritdoc/>
    public override void OnEvent(int part, RelayEvent events)
    {
        // One turn, though more may wait: answers go first. Where there is too much of both, clients that got none would be served for
        // nothing.
        Take();
    }

    /// <summary>Takes what waits and sends it on; how many messages there were.</summary>
    private int Take()
    {
        var batch = worker.Datagrams;
        var count = batch.Receive(forward.Listener);
        LookForDrops();
        var following = count > 0 ? new FlowKey(batch.NameOf(0), batch.FactsOf(0)) : default;
        for (var first = 0; first < count;)
        {
            var key = following;
            var next = first + 1;
            while (next < count && (following = new FlowKey(batch.NameOf(next), batch.FactsOf(next))) == key)
            {
                next++;
            }

            var (bytes, packets) = Count(batch, first, next - first);
            if ((_flows.GetValueOrDefault(key) ?? Begin(key, first, packets)) is { } flow)
            {
                counters.Up(bytes);
                counters.PacketsUp(packets);
                if (!flow.SendUp(batch, first, next - first, bytes))
                {
                    // What the target refused was sent before: these datagrams go to another, where there is one.
                    if (Begin(key, first, packets)?.SendUp(batch, first, next - first, bytes) == false)
                    {
                        Lose(EndCause.TargetRefused, packets);
                    }
                }
            }

            if (forward.Rules.RateUp is { } rate && !rate.Spend(bytes))
            {
                Suspend();
                _pausedUntil = worker.Now + rate.MillisecondsUntil(1);
                worker.Wheel.Set(this, _pausedUntil);
            }

            first = next;
        }

        return count;
    }

    /// <summary>Sends what the target of a flow sent to its client.</summary>
    public void SendDown(DatagramBatch batch, int count, long bytes, long packets, ReadOnlySpan<byte> client, in DatagramFacts from)
    {
        // Datagrams above the rate are lost, as on a line that is too narrow.
        if (forward.Rules.RateDown is { } rate && rate.Take(1) == 0)
        {
            Lose(EndCause.Rate, packets);
            return;
        }

        forward.Rules.RateDown?.Spend(bytes - 1);
        counters.Down(bytes);
        counters.PacketsDown(packets);
        var outcome = batch.Send(forward.Listener, 0, count, client, from);
        if (outcome.Lost > 0)
        {
            Lose(ConnectCauses.OfSend(outcome.Error, toTarget: false), outcome.Lost, outcome.Error);
        }
    }

    /// <summary>Counts datagrams that were lost, and says so.</summary>
    public void Lose(EndCause cause, long datagrams, int errno = 0, long buffer = 0)
    {
        counters.Lost(cause, datagrams);
        worker.Engine.TellLoss(forward, cause, errno, buffer);
    }

    /// <summary>A flow is over.</summary>
    public void Ended(DatagramFlow flow, EndCause cause)
    {
        _flows.Remove(flow.Key);
        flow.Order?.Remove(flow);
        counters.Ended(cause);
        Release();
        CloseIfDone();
    }

    private DatagramFlow? Begin(in FlowKey key, int message, long packets)
    {
        var name = worker.Datagrams.NameOf(message);
        // What comes to a socket that hears nobody any more was under way before.
        if ((IsStopping && !_hasMoved) || !RelayAddress.TryRead(name, out var address, out _))
        {
            return null;
        }

        counters.Began();
        if (!forward.Rules.Sources.Allows(address))
        {
            counters.Ended(EndCause.SourceNotAllowed);
            return null;
        }

        if (Reserve() is { } refusal)
        {
            counters.Ended(refusal);
            Lose(refusal, packets);
            return null;
        }

        forward.BeginFlow();
        var flow = new DatagramFlow(this, worker);
        var cause = flow.Open(key, name, worker.Datagrams.FactsOf(message));
        if (cause is { } lack && lack.IsOfThisHost() && Evict())
        {
            cause = flow.Open(key, name, worker.Datagrams.FactsOf(message));
        }

        if (cause is { } reason)
        {
            counters.Ended(reason);
            Release();
            Lose(reason, packets);
            return null;
        }

        _flows[key] = flow;
        Active.Touch(flow);
        return flow;
    }

    /// <summary>Takes a place for a flow; why there is none, or <c>null</c>.</summary>
    private EndCause? Reserve()
    {
        var rules = forward.Rules;
        if (_flows.Count >= (rules.Spec.Options.Limit ?? int.MaxValue) && !Evict())
        {
            return EndCause.Limit;
        }

        if (rules.NewConnections?.Take(1) == 0)
        {
            return EndCause.NewRate;
        }

        var (room, budget) = (worker.Engine.FlowRoom, worker.Engine.Budget);
        if (!room.TryTake() && !(Evict() && room.TryTake()))
        {
            return EndCause.NoMemory;
        }

        if (!budget.TryReserve(1) && !(Evict() && budget.TryReserve(1)))
        {
            room.GiveBack();
            return EndCause.NoDescriptors;
        }

        return null;
    }

    private void Release()
    {
        worker.Ended(forward);
        worker.Engine.FlowRoom.GiveBack();
        worker.Engine.ReleaseDescriptors(1);
    }

    /// <summary>Ends a flow that is over, or the one that has been silent longest, if that is long enough.</summary>
    private bool Evict()
    {
        if (Over.Oldest is { } over)
        {
            over.End(EndCause.Completed);
            return true;
        }

        if (Active.Oldest is not { } flow || worker.Now - flow.ActiveAt < worker.Engine.FlowTimes.Evictable)
        {
            return false;
        }

        if (flow.IsUnanswered)
        {
            Lose(EndCause.Evicted, 0);
        }

        flow.End(EndCause.Evicted);
        return true;
    }

    /// <summary>What the kernel threw away while this worker did something else.</summary>
    private void LookForDrops()
    {
        var drops = RelaySocket.Drops(forward.Listener);
        if (drops != _drops)
        {
            var lost = drops - _drops;
            _drops = drops;
            // Above the rate the socket is not read.
            Lose(
                forward.Rules.RateUp is null ? EndCause.ReceiveBuffer : EndCause.Rate, lost,
                buffer: RelaySocket.ReceiveBuffer(forward.Listener));
        }
    }

    private void CloseIfDone()
    {
        if (IsStopping && _flows.Count == 0 && Slot >= 0)
        {
            Suspend();
            worker.Forget(this);
            Listeners.Close(forward);
        }
    }

    private void Suspend()
    {
        if (_isWatching)
        {
            worker.Events.Remove(forward.Listener);
            _isWatching = false;
        }
    }
}
