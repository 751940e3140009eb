using Portolan.Lab.Running.Hosts;
using Portolan.Lab.Running.Outside;
using Portolan.Lab.Running.Routers;
using Portolan.Lab.Running.Time;
using Portolan.Lab.Running.Wire;
using Portolan.Lab.Services;
using Portolan.Lab.Topology;
using Portolan.Lab.Topology.Paths;
using Portolan.Transport;

namespace Portolan.Lab.Running;

/// <summary>
/// A running lab: hosts with real TCP/IP, routers, links with their faults, all driven by one thread in real or virtual time.
/// </summary>
/// <remarks>
/// Any thread may ask for stacks and use them. In real time call <see cref="Start"/>; in virtual time hand what is to happen to
/// <see cref="Run(Func{Task}, TimeSpan)"/>, and time goes on while it waits.
/// </remarks>
public sealed partial class VirtualNetwork : IAsyncDisposable
{
    /// <summary>How long, in real time, something outside the lab that an activity waits for has to show itself.</summary>
    private static readonly TimeSpan Suspicion = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource _stopping = new();
    private readonly LabEnvironment _lab;
    private readonly List<Segment> _segments = [];
    private readonly Dictionary<string, VirtualHost> _hosts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, VirtualRouter> _routers = new(StringComparer.Ordinal);
    private readonly Vantage? _vantage;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<Task> _starting = [];
    private Thread? _thread;
    private bool _isDisposed;

    /// <summary>Builds a lab.</summary>
    /// <param name="topology">A valid topology.</param>
    /// <param name="options">How it runs.</param>
    /// <exception cref="PortolanException">A port reaches outside, which is not allowed, or its program is not there.</exception>
    public VirtualNetwork(LabTopology topology, VirtualNetworkOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(topology);
        options ??= new VirtualNetworkOptions();
        if (options is { IsVirtualTime: true, Vantage: not null })
        {
            throw new ArgumentException("what is outside lives in real time", nameof(options));
        }

        OutsideCheck.Check(topology, options.AllowExec);
        Topology = topology;
        Seed = options.Seed ?? topology.Seed;
        var loop = new LabLoop(options.IsVirtualTime);
        var directory = new LabDirectory(topology);
        var authority = new LabAuthority(directory);
        var frames = new FramePool();
        _lab = new LabEnvironment
        {
            Loop = loop,
            Log = new PacketLog(loop.Clock) { Observer = options.Observer },
            Frames = frames,
            Fragments = new FragmentMemory(loop, frames, Seed),
            Seed = Seed,
            Random = new KeyedRandom(Seed),
            Directory = directory,
            Resolver = directory,
            Certificates = authority,
            Shared = new SharedServices { Began = loop.Clock.GetUtcNow() },
            Stopping = _stopping.Token,
            Outside = options.AllowExec ? new OutsideWorld(options.ExecEnvironment) : null,
        };
        var paths = PathTable.Create(topology);
        BuildRouters(paths);
        BuildHosts();
        AddHops(paths);
        if (options.Capture is { } capture)
        {
            _lab.Log.WriteTo(capture, options.CaptureView, _segments);
        }

        if (options.Vantage is { } outside)
        {
            _vantage = AddVantage(outside);
        }
    }

    /// <summary>What it was built from.</summary>
    public LabTopology Topology { get; }

    /// <summary>What all chance in it comes from.</summary>
    public ulong Seed { get; }

    /// <summary>The clock of all stacks of the lab.</summary>
    public TimeProvider Time => _lab.Clock;

    /// <summary>Its names.</summary>
    public ILabDirectory Directory => _lab.Directory;

    /// <summary>The authority that signs the certificates of the lab's services.</summary>
    public LabAuthority Certificates => _lab.Certificates;

    /// <summary>Foreign threads that virtual time waits for.</summary>
    internal OtherThreads OtherThreads => _lab.Loop.Others;

    /// <summary>Packets that crossed a network or a link.</summary>
    public long PacketCount => _lab.Log.Packets;

    /// <summary>
    /// Packets that were lost because their receiver in the lab had no room for more, and those that the link to the outside lost or
    /// refused.
    /// </summary>
    public long OverflowCount =>
        _lab.Log.Overflows + (_vantage is null ? 0 : _vantage.Lost + _vantage.Refused) + _places.ToArray().Sum(static p => p.Lost);

    /// <summary>
    /// What went over each network, then over each link, and what was lost there. While the lab runs, the numbers may be of slightly
    /// different moments.
    /// </summary>
    public IReadOnlyList<SegmentTraffic> Traffic =>
        [.. _segments.Select(static s => new SegmentTraffic(s.Name, s.Packets, s.Lost, s.Overflows))];

    /// <summary>How many machines have a stack, for somebody has spoken to them, or they to somebody.</summary>
    internal int AwakeCount => Nodes.Count(static n => n.IsAwake);

    /// <summary>What hears of its packets.</summary>
    internal PacketLog Log => _lab.Log;

    /// <summary>Ends when the lab does: in order, or with what broke it.</summary>
    public Task Ended => _ended.Task;

    /// <summary>
    /// Ends when services that have something to do first have done it or tried, such as a name server that takes its zones from another
    /// one. It may take long: the other one may be silent. In virtual time they do it while time goes on.
    /// </summary>
    public Task Started
    {
        get
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return Task.WhenAll(_starting);
        }
    }

    /// <summary>The stack of a host or router, for programs of one's own on it.</summary>
    /// <exception cref="KeyNotFoundException">No host has the name.</exception>
    public NetworkStack StackOf(string name)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        ArgumentNullException.ThrowIfNull(name);
        return Invoke(() => NodeOf(name).Stack);
    }

    /// <summary>What a host got from a DHCP server; <c>null</c> when it has nothing, or asks for nothing.</summary>
    internal DhcpLease? AddressLeaseOf(string name) => _hosts.TryGetValue(name, out var host) ? host.AddressClient?.Lease : null;

    /// <summary>The lab as a scanner of this process sees it from the vantage. Virtual time only, and once.</summary>
    /// <exception cref="PortolanException">There is no place for a vantage.</exception>
    public VantageNetwork OpenVantage()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (!_lab.Clock.IsVirtual)
        {
            throw new InvalidOperationException("in real time the vantage is a link that the lab is made with");
        }

        var place = Topology.ResolveVantage();
        return new VantageNetwork(_lab, SegmentOf(place.Network), place, Topology, NetworkOf(place.Network).Quality);
    }

    /// <summary>Starts a lab in real time, with a thread of its own.</summary>
    /// <exception cref="InvalidOperationException">It runs already, or in virtual time.</exception>
    public void Start()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (_thread is not null || _lab.Clock.IsVirtual)
        {
            throw new InvalidOperationException(_thread is not null ? "the lab runs already" : "a lab in virtual time goes on in Run only");
        }

        _lab.Loop.WaitPlace = _vantage;
        _thread = new Thread(RunThread) { Name = $"lab {Topology.Name}", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Lets time go on until something is done, on the calling thread; what it does runs in between. Virtual time only.</summary>
    /// <param name="activity">What is done, such as a scenario: it runs on this thread, and so does what it awaits.</param>
    /// <param name="within">The virtual time that it may take.</param>
    /// <exception cref="TimeoutException">It takes longer.</exception>
    /// <exception cref="InvalidOperationException">It waits for something outside the lab, such as <c>Task.Delay</c> without
    /// <see cref="Time"/>, which would end at another moment each time.</exception>
    /// <exception cref="ObjectDisposedException">The lab is disposed.</exception>
    public void Run(Func<Task> activity, TimeSpan within)
    {
        ArgumentNullException.ThrowIfNull(activity);
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(within, TimeSpan.Zero);
        if (!_lab.Clock.IsVirtual)
        {
            throw new InvalidOperationException("a lab in real time is started, and goes on by itself");
        }

        Task? task = null;
        var loop = _lab.Loop;
        loop.ForgetForeign();
        loop.Post(_ => task = Watch(activity() ?? throw new ArgumentException("the activity gives no task", nameof(activity))), null);
        if (!loop.Run(() => task is { IsCompleted: true } || loop.Foreign is not null, _lab.Clock.Now + within))
        {
            loop.AwaitForeign(() => task is { IsCompleted: true }, Suspicion);
            if (task is { IsCompleted: true })
            {
                loop.NoticeForeign("another thread ended its task");
            }
            else if (loop.HasForeignTimer)
            {
                loop.NoticeForeign("another thread sets a timer of the lab");
            }

            if (loop.Foreign is null)
            {
                throw new TimeoutException($"not done after {within.TotalSeconds:0.###} s of the lab's time: it waits for what never "
                    + $"happens in the lab, or for something outside the lab");
            }
        }

        if (loop.Foreign is { } who)
        {
            throw new InvalidOperationException(Outside(who));
        }

        task?.GetAwaiter().GetResult();
    }

    /// <summary>Lets virtual time go on for a while.</summary>
    public void Run(TimeSpan time)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        ArgumentOutOfRangeException.ThrowIfLessThan(time, TimeSpan.Zero);
        _lab.Loop.Run(static () => false, _lab.Clock.Now + time);
    }

    /// <summary>Ends it: everything in it stops at once.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        await _stopping.CancelAsync();
        _lab.Loop.Stop();
        if (_thread is not null)
        {
            await _ended.Task.ContinueWith(static _ => { }, TaskScheduler.Default);
        }

        if (_lab.Outside is { } outside)
        {
            await outside.DisposeAsync();
        }

        _placeServices.ToList().ForEach(static services => services.Dispose());
        _places.ForEach(static place => place.Dispose());

        // Kestrel first: it lets go of its connections while their stacks are there.
        await _lab.Shared.DisposeAsync();
        foreach (var node in Nodes)
        {
            node.Dispose();
        }

        (_lab.Certificates as IDisposable)?.Dispose();
        _vantage?.Dispose();
        _lab.Log.Finish();
        _lab.Loop.Dispose();
        _stopping.Dispose();
    }

    private IEnumerable<LabNode> Nodes => _hosts.Values.Concat(_alone).Concat<LabNode>(_routers.Values);

    private static string Outside(string who) =>
        $"the activity waits for something outside the lab: {who}. In virtual time it may wait for the lab's stacks and its Time, as in "
            + $"Task.Delay(time, lab.Time)";

    /// <summary>Notices when another thread ends the activity.</summary>
    private Task Watch(Task activity)
    {
        _ = activity.ContinueWith(
            _ =>
            {
                if (!_lab.Loop.IsOwn)
                {
                    _lab.Loop.NoticeForeign("another thread ended its task");
                }
            },
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
        return activity;
    }

    private void RunThread()
    {
        try
        {
            _lab.Loop.Run(static () => false, Instant.Never);
            _ended.TrySetResult();
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // A link outside that fails for good, or a defect: waiting callers are notified.
            _ended.TrySetException(exception);
        }
    }

    private T Invoke<T>(Func<T> function)
    {
        if (_lab.Loop.IsOwner)
        {
            return function();
        }

        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _lab.Loop.Post(
            _ =>
            {
                try
                {
                    done.SetResult(function());
                }
                catch (Exception exception) when (exception is not OutOfMemoryException)
                {
                    done.SetException(exception);
                }
            },
            null);
        return done.Task.GetAwaiter().GetResult();
    }

    private LabNode NodeOf(string name) => _hosts.TryGetValue(name, out var host) ? host
        : _routers.TryGetValue(name, out var router) ? router
        : throw new KeyNotFoundException($"no host of the lab {Topology.Name} has the name {name}");
}

/// <summary>What went over a network or a link of a lab so far.</summary>
/// <param name="Name">The network, or the link as <c>FIRST-SECOND</c>.</param>
/// <param name="Packets">Packets that were sent onto it.</param>
/// <param name="Lost">Those that were lost on the way, as the topology has it: by its loss, or for want of bandwidth.</param>
/// <param name="Overflows">Those that came, and for which a host or router had no room.</param>
public readonly record struct SegmentTraffic(string Name, long Packets, long Lost, long Overflows);
