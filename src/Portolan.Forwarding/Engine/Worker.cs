using System.Collections.Concurrent;
using Portolan.Forwarding.Statistics;
using Portolan.Forwarding.Udp;
using Portolan.Linux.Relay;

namespace Portolan.Forwarding.Engine;

/// <summary>One thread of the relay, with connections of its own: waits for events, moves bytes, keeps deadlines.</summary>
/// <remarks>
/// Everything here is for that thread alone but <see cref="Post"/>, <see cref="Ask"/>, <see cref="Load"/>, <see cref="Join"/> and
/// <see cref="Dispose"/>.
/// </remarks>
internal sealed class Worker : IDisposable
{
    private readonly Thread _thread;
    private readonly ConcurrentQueue<Accepted> _mail = new();
    private readonly ConcurrentQueue<Action<Worker>> _orders = new();
    private readonly WatchedTable _table = new();
    private readonly Queue<Watched> _turns = new();
    private readonly Stack<Link> _idleLinks = new();
    private readonly Func<long> _clock;
    private DatagramBatch? _datagrams;
    private int _load;
    private bool _isEnding;
    private bool _resumes;

    /// <summary>Makes it; <see cref="Start"/> begins.</summary>
    public Worker(RelayEngine engine, int number, Func<long> clock)
    {
        Engine = engine;
        Number = number;
        _clock = clock;
        Now = clock();
        Sources = new SourceAddresses(() => Now);
        Pump = new FlowPump(engine.Budget);
        _thread = new Thread(Run, 512 * 1024) { IsBackground = true, Name = $"relay {number}" };
    }

    /// <summary>The relay.</summary>
    public RelayEngine Engine { get; }

    /// <summary>Which of its workers.</summary>
    public int Number { get; }

    /// <summary>Its set of descriptors.</summary>
    public RelayEvents Events { get; } = new();

    /// <summary>Its deadlines.</summary>
    public DeadlineWheel Wheel { get; } = new();

    /// <summary>Moves bytes.</summary>
    public FlowPump Pump { get; }

    /// <summary>Its memory for datagrams, made when the first comes.</summary>
    public DatagramBatch Datagrams => _datagrams ??= new DatagramBatch();

    /// <summary>Connects sockets of datagrams.</summary>
    public SourceAddresses Sources { get; }

    /// <summary>Milliseconds since the relay began, as of the last event.</summary>
    public long Now { get; private set; }

    public List<Listening> Listeners { get; } = [];

    /// <summary>How many connections it has, and is about to get. From any thread.</summary>
    public int Load => Volatile.Read(ref _load);

    /// <summary>Begins.</summary>
    public void Start() => _thread.Start();

    /// <summary>Waits for its end. From any thread.</summary>
    public void Join() => _thread.Join();

    /// <summary>
    /// Closes its set, when all workers have ended: until then others may wake it, and its numbers would be another's descriptors.
    /// </summary>
    public void Dispose() => Events.Dispose();

    /// <summary>Hands over a connection. From any thread.</summary>
    public void Post(in Accepted accepted)
    {
        Interlocked.Increment(ref _load);
        _mail.Enqueue(accepted);
        Events.Wake();
    }

    /// <summary>Has something done on its thread. From any thread.</summary>
    public void Ask(Action<Worker> order)
    {
        _orders.Enqueue(order);
        Events.Wake();
    }

    /// <summary>Has its listeners looked at again: there may be room. From any thread.</summary>
    public void ResumeListeners()
    {
        Volatile.Write(ref _resumes, true);
        Events.Wake();
    }

    /// <summary>Ends the thread when the events that have come are handled; what is still open is closed.</summary>
    public void End() => _isEnding = true;

    /// <summary>Takes a connection of its own acceptor.</summary>
    public void Take(in Accepted accepted)
    {
        Interlocked.Increment(ref _load);
        Open(accepted);
    }

    /// <summary>Gives a place in the table.</summary>
    public void Watch(Watched watched) => _table.Add(watched);

    /// <summary>Takes the place back; its descriptors must be closed or taken out already.</summary>
    public void Forget(Watched watched)
    {
        Wheel.Clear(watched);
        _table.Remove(watched);
    }

    /// <summary>Puts it at the end of those that want another turn.</summary>
    public void Queue(Watched watched)
    {
        if (!watched.IsQueued)
        {
            watched.IsQueued = true;
            _turns.Enqueue(watched);
        }
    }

    /// <summary>A link is over and may serve another connection.</summary>
    public void Recycle(Link link)
    {
        Interlocked.Decrement(ref _load);
        if (_idleLinks.Count < 1024 && !link.IsQueued)
        {
            _idleLinks.Push(link);
        }
    }

    /// <summary>A connection of a forward is over: who waits for its place is notified.</summary>
    public void Ended(RunningForward forward)
    {
        if (forward.End())
        {
            Engine.ResumeListeners();
        }
    }

    /// <summary>Reports a connection that was refused.</summary>
    public void TellRefused(RunningForward forward, InternetAddress? client, PortNumber port)
    {
        if (Engine.Observer.WantsConnections)
        {
            Engine.Observer.ConnectionEnded(new ConnectionReport(
                forward.Spec, client, port, null, 0, 0, TimeSpan.Zero, EndCause.SourceNotAllowed));
        }
    }

    /// <summary>Closes unused pipes.</summary>
    public void TrimPipes() => Pump.Pipes.Trim();

    /// <summary>Everything that it has, at this moment.</summary>
    public IEnumerable<T> All<T>() => _table.ToList().OfType<T>();

    /// <summary>Ends what is still open of a forward.</summary>
    public void EndAll(RunningForward forward)
    {
        foreach (var link in All<Link>().Where(l => l.Forward == forward))
        {
            link.Stop();
        }

        foreach (var flow in All<DatagramFlow>().Where(f => f.Forward == forward))
        {
            flow.End(EndCause.Stopped);
        }
    }

    private void Open(in Accepted accepted)
    {
        var link = _idleLinks.TryPop(out var idle) ? idle : new Link(this);
        // Another worker's acceptor counts in that worker's counters.
        var acceptor = accepted.Acceptor;
        link.Open(acceptor.Forward, acceptor.Forward.CountersOf(this), accepted);
    }

    private void Run()
    {
        foreach (var listener in Listeners)
        {
            listener.Start();
        }

        while (!_isEnding)
        {
            var count = Events.Wait(_turns.Count > 0 ? 0 : Wheel.Wait(Now));
            Now = _clock();
            for (var i = 0; i < count; i++)
            {
                var events = Events.EventAt(i, out var number);
                if (number == RelayEvents.WakeNumber)
                {
                    TakeMail();
                }
                else
                {
                    _table.Find(number)?.OnEvent((int)(number & 1), events);
                }
            }

            GiveTurns();
            Wheel.Advance(Now);
        }

        Close();
    }

    private void TakeMail()
    {
        Events.Woken();
        while (_mail.TryDequeue(out var accepted))
        {
            Open(accepted);
        }

        if (Volatile.Read(ref _resumes))
        {
            Volatile.Write(ref _resumes, false);
            foreach (var listener in Listeners)
            {
                listener.Resume();
            }
        }

        while (_orders.TryDequeue(out var order))
        {
            order(this);
        }
    }

    private void GiveTurns()
    {
        for (var left = _turns.Count; left > 0; left--)
        {
            var watched = _turns.Dequeue();
            watched.IsQueued = false;
            if (watched.Slot >= 0)
            {
                watched.OnTurn();
            }
        }
    }

    private void Close()
    {
        TakeMail();
        foreach (var link in All<Link>())
        {
            link.Stop();
        }

        foreach (var flow in All<DatagramFlow>())
        {
            flow.End(EndCause.Stopped);
        }

        Pump.Pipes.Trim();
        _datagrams?.Dispose();
    }
}
