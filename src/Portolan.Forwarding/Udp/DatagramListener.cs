using Portolan.Forwarding.Engine;
using Portolan.Forwarding.Model;
using Portolan.Forwarding.Statistics;
using Portolan.Linux.Relay;

namespace Portolan.Forwarding.Udp;

/// <summary>A forward for datagrams: one worker has its socket and all of its flows.</summary>
internal sealed class DatagramListener(Worker worker, RunningForward forward, ForwardCounters counters) : Listening
{
    /// <summary>Bytes the kernel is asked to keep while this worker does something else.</summary>
    private const int SocketBuffer = 4 * 1024 * 1024;

    /// <summary>So many flows give way at once.</summary>
    private const int Yield = 32;

    private readonly Dictionary<FlowKey, DatagramFlow> _flows = [];
    private bool _isWatching;
    private long _pausedUntil;

    /// <inheritdoc/>
    public override RunningForward Forward => forward;

    /// <summary>The worker's memory for datagrams.</summary>
    public DatagramBatch Batch => worker.Datagrams;

    /// <summary>Its flows, the one that has been silent longest first.</summary>
    public FlowOrder Order { get; } = new();

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
            packets += batch.SegmentOf(i) is var segment and > 0 ? (length + segment - 1) / segment : 1;
        }

        return (bytes, packets);
    }

    /// <inheritdoc/>
    public override void Start()
    {
        var listen = forward.Spec.Listen;
        RelaySocket.SetBuffers(forward.Listener, SocketBuffer);
        DatagramBatch.Prepare(forward.Listener, forward.ListensOnIPv6, tellsAddress: listen.Address?.IsUnspecified != false);
        worker.Watch(this);
        Resume();
    }

    /// <inheritdoc/>
    public override void Stop()
    {
        if (Slot >= 0)
        {
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
        var batch = worker.Datagrams;
        var count = batch.Receive(forward.Listener);
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
            if ((_flows.GetValueOrDefault(key) ?? Begin(key, first)) is { } flow)
            {
                counters.Up(bytes);
                counters.PacketsUp(packets);
                if (!flow.SendUp(batch, first, next - first, bytes))
                {
                    // What the target refused was sent before: these datagrams go to another, where there is one.
                    Begin(key, first)?.SendUp(batch, first, next - first, bytes);
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
    }

    /// <summary>Sends what the target of a flow sent to its client.</summary>
    public void SendDown(DatagramBatch batch, int count, long bytes, long packets, ReadOnlySpan<byte> client, in DatagramFacts from)
    {
        // Datagrams above the rate are lost, as on a line that is too narrow.
        if (forward.Rules.RateDown is { } rate && rate.Take(1) == 0)
        {
            return;
        }

        forward.Rules.RateDown?.Spend(bytes - 1);
        counters.Down(bytes);
        counters.PacketsDown(packets);
        batch.Send(forward.Listener, 0, count, client, from);
    }

    /// <summary>A flow is over.</summary>
    public void Ended(DatagramFlow flow, EndCause cause)
    {
        _flows.Remove(flow.Key);
        Order.Remove(flow);
        counters.Ended(cause);
        worker.Ended(forward);
        worker.Engine.ReleaseDescriptors(1);
        CloseIfDone();
    }

    private DatagramFlow? Begin(in FlowKey key, int message)
    {
        var rules = forward.Rules;
        var name = worker.Datagrams.NameOf(message);
        if (IsStopping || !RelayAddress.TryRead(name, out var address, out _))
        {
            return null;
        }

        if (!rules.Sources.Allows(address))
        {
            counters.Began();
            counters.Ended(EndCause.SourceNotAllowed);
            return null;
        }

        if ((_flows.Count >= (rules.Spec.Options.Limit ?? ForwardOptions.UsualFlows) && !Evict()) || rules.NewConnections?.Take(1) == 0 || !TryReserve())
        {
            counters.Began();
            counters.Ended(EndCause.NoResources);
            return null;
        }

        counters.Began();
        forward.BeginFlow();
        var flow = new DatagramFlow(this, worker);
        if (flow.Open(key, name, worker.Datagrams.FactsOf(message)) is { } cause)
        {
            counters.Ended(cause);
            worker.Ended(forward);
            worker.Engine.ReleaseDescriptors(1);
            return null;
        }

        _flows[key] = flow;
        Order.Touch(flow);
        return flow;
    }

    private bool TryReserve()
    {
        if (worker.Engine.Budget.TryReserve(1) || (Evict() && worker.Engine.Budget.TryReserve(1)))
        {
            return true;
        }

        worker.Engine.TellDescriptors(isShort: true);
        return false;
    }

    /// <summary>Ends the flow that has been silent longest, if that is long enough.</summary>
    private bool Evict()
    {
        if (Order.Oldest is not { } flow || worker.Now - flow.ActiveAt < worker.Engine.FlowTimes.Evictable)
        {
            return false;
        }

        flow.End(EndCause.Evicted);
        return true;
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
