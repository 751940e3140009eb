using Portolan.Model;
using Portolan.Packets;
using Portolan.Packets.Links;
using Portolan.Transport.Ip;
using Portolan.Transport.Links;
using Portolan.Transport.Testing.Checks;

namespace Portolan.Transport.Testing;

/// <summary>
/// Hosts with the whole stack, cables with faults and applications, in one thread and a time of its own. All that is random comes from the
/// seed: the same seed makes the same world, event by event, and the same <see cref="Trace"/>. What must always hold is checked after every
/// event.
/// </summary>
/// <remarks>One thread at a time.</remarks>
public sealed partial class SimWorld : IDisposable
{
    private const long MaxFramesAtOnce = 1_000_000;

    private readonly SimOptions _options;
    private readonly PriorityQueue<Event, (Instant Time, long Order)> _events = new();
    private readonly List<SimHost> _hosts = [];
    private readonly List<SimCable> _cables = [];
    private readonly List<Func<string?>> _invariants = [];
    private readonly TraceHash _trace = new();
    private readonly CaptureFile? _capture;
    private readonly HostChecks _inside = new();
    private readonly WireChecks _wire;
    private bool _isDisposed;
    private long _order;
    private Instant _frameTime;
    private long _framesBefore;

    /// <summary>Makes an empty world.</summary>
    /// <param name="seed">What everything random in it comes from.</param>
    /// <param name="options">How it runs.</param>
    /// <example>
    /// <code>
    /// using var world = new SimWorld(seed: 7);
    /// var (client, server) = (world.AddHost("client"), world.AddHost("server"));
    /// var cable = world.Connect(client, server, LinkLayer.Ip);
    /// client.AddAddress(cable.LeftInterface, "198.18.0.2", 24);
    /// server.AddAddress(cable.RightInterface, "198.18.0.1", 24);
    /// </code>
    /// </example>
    public SimWorld(ulong seed, SimOptions? options = null)
    {
        Seed = seed;
        Clock = new SimClock(this);
        _options = options ?? new SimOptions();
        Random = new KeyedRandom(seed);
        Names = new SimNames(this);
        (_begun, _bare) = (new BegunWork(_knocked.Set), new SimContext(this, isBare: true));
        _wire = new WireChecks(_inside);
        _capture = _options.Capture is null ? null : new CaptureFile(_options.Capture, Clock, SimClock.Origin);
    }

    /// <summary>What everything random in it comes from.</summary>
    public ulong Seed { get; }

    /// <summary>Its time.</summary>
    public SimClock Clock { get; }

    /// <summary>Random numbers for the code that builds it and for its applications.</summary>
    public KeyedRandom Random { get; }

    /// <summary>The hash of all frames and fates so far, and of what applications added.</summary>
    public ulong Trace => _trace.Value;

    /// <summary>How many events there were.</summary>
    public long EventCount { get; private set; }

    /// <summary>How many frames were sent.</summary>
    public long FrameCount { get; private set; }

    /// <summary>In the order in which they were added.</summary>
    public IReadOnlyList<SimHost> Hosts => _hosts;

    /// <summary>In the order in which they were added.</summary>
    public IReadOnlyList<SimCable> Cables => _cables;

    /// <summary>Reads an address.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static InternetAddress Address(string text) =>
        InternetAddress.TryParse(text, out var address) ? address : throw new FormatException($"{text} is not an address");

    /// <summary>Makes a host with a stack that runs in the world's time.</summary>
    /// <returns>The host, without cables.</returns>
    /// <exception cref="ArgumentException">A host of the world has that name; capitals make no difference, as in DNS.</exception>
    /// <example>
    /// <code>
    /// var host = world.AddHost(new SimHostOptions { Name = "late", ClockOffset = TimeSpan.FromSeconds(-5) });
    /// </code>
    /// </example>
    public SimHost AddHost(SimHostOptions options)
    {
        ThrowIfDisposed();
        ArgumentNullException.ThrowIfNull(options);
        if (_hosts.Find(host => host.Name.Equals(options.Name, StringComparison.OrdinalIgnoreCase)) is { } namesake)
        {
            throw new ArgumentException(
                $"the world has a host with the name {namesake.Name}: give each a unique name",
                nameof(options));
        }

        var host = new SimHost(this, options);
        _hosts.Add(host);
        return host;
    }

    /// <summary>Adds a host that is as usual.</summary>
    /// <returns>The host, without cables.</returns>
    /// <exception cref="ArgumentException">A host of the world has that name.</exception>
    /// <example><code>var host = world.AddHost("client");</code></example>
    public SimHost AddHost(string name) => AddHost(new SimHostOptions { Name = name });

    /// <summary>Lays a cable between two hosts; each gets an interface without addresses.</summary>
    /// <returns>The cable, with the interface of each end.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The MTU is none of 68 to 65,535.</exception>
    /// <example>
    /// <code>
    /// var cable = world.Connect(client, server, LinkLayer.Ip);
    /// cable.SetFaults(new FaultProfile { Loss = 0.05 });
    /// </code>
    /// </example>
    public SimCable Connect(SimHost left, SimHost right, LinkLayer layer = LinkLayer.Ethernet, int mtu = 1500)
    {
        ThrowIfDisposed();
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        Allowed.Between(68, 65_535, mtu, nameof(mtu));
        var cable = new SimCable(this, _cables.Count + 1, left, right, layer, mtu);
        _cables.Add(cable);
        return cable;
    }

    /// <summary>Lets something happen after a time.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The time is negative.</exception>
    /// <example><code>world.After(TimeSpan.FromSeconds(10), world.EndFaults);</code></example>
    public void After(TimeSpan delay, Action action)
    {
        ThrowIfDisposed();
        ArgumentNullException.ThrowIfNull(action);
        At(Clock.Now + Allowed.NotNegative(delay, nameof(delay)), action);
    }

    /// <summary>Adds what must hold after every event.</summary>
    /// <param name="invariant">Returns what is wrong, or <c>null</c>.</param>
    public void AddInvariant(Func<string?> invariant)
    {
        ThrowIfDisposed();
        ArgumentNullException.ThrowIfNull(invariant);
        _invariants.Add(invariant);
    }

    /// <summary>Adds a result of an application to <see cref="Trace"/>.</summary>
    public void AddToTrace(ulong value)
    {
        ThrowIfDisposed();
        _trace.Add(value);
    }

    /// <summary>Ends all faults, for what must come to a good end then. Frames under way still meet the fate they have.</summary>
    public void EndFaults()
    {
        ThrowIfDisposed();
        foreach (var cable in _cables)
        {
            cable.SetFaults(FaultProfile.None);
        }
    }

    /// <summary>Lets time go on.</summary>
    /// <exception cref="SimFailureException">Something did not hold that must.</exception>
    /// <example><code>world.Run(TimeSpan.FromHours(1));</code></example>
    public void Run(TimeSpan time)
    {
        ThrowIfDisposed();
        var end = Clock.Now + Allowed.NotNegative(time, nameof(time));
        using var turn = new Turn(this);
        ScheduleAll();
        while (HasEventUntil(end))
        {
            Step();
            TakeRequests();
        }

        Clock.Now = end;
    }

    /// <summary>Lets time go on until something holds.</summary>
    /// <returns>False when it does not within the time.</returns>
    /// <exception cref="SimFailureException">Something did not hold that must.</exception>
    /// <example><code>var isIdle = world.RunUntil(() =&gt; cable.UnderWay == 0, within: TimeSpan.FromMinutes(1));</code></example>
    public bool RunUntil(Func<bool> condition, TimeSpan within)
    {
        ThrowIfDisposed();
        ArgumentNullException.ThrowIfNull(condition);
        var end = Clock.Now + Allowed.NotNegative(within, nameof(within));
        using var turn = new Turn(this);
        ScheduleAll();
        while (!condition())
        {
            if (!HasEventUntil(end))
            {
                return false;
            }

            Step();
            TakeRequests();
        }

        return true;
    }

    /// <summary>Ends the world with what is wrong.</summary>
    public void Fail(string what) =>
        throw new SimFailureException($"seed {Seed}, after {Clock.Now.Nanoseconds / 1e9:0.000000000} s and {EventCount} events: {what}");

    /// <inheritdoc/>
    public void Dispose()
    {
        _isDisposed = true;
        _hosts.ForEach(static host => host.Dispose());
        _cables.ForEach(static cable => cable.Dispose());
        _knocked.Dispose();
    }

    internal void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_isDisposed, this);

    internal Links.FaultKeying Keying => _options.Keying;

    internal int AddCaptureInterface(string name, LinkLayer layer) => _capture?.AddInterface(name, layer) ?? 0;

    /// <summary>A frame came to a host.</summary>
    internal void Wake(SimHost host)
    {
        host.OnArrival();
        Reschedule(host);
    }

    /// <summary>Sets the event of a part by its deadline, and those of a host's cables.</summary>
    internal void Reschedule(SimPart part)
    {
        Schedule(part);
        if (part is SimHost host)
        {
            foreach (var cable in host.Cables)
            {
                Schedule(cable);
            }
        }
    }

    internal void OnFrame(SimCable cable, bool fromLeft, ReadOnlySpan<byte> frame, in FaultReport report)
    {
        FrameCount++;
        if (_frameTime != Clock.Now)
        {
            (_frameTime, _framesBefore) = (Clock.Now, FrameCount);
        }
        else if (FrameCount - _framesBefore > MaxFramesAtOnce)
        {
            Fail($"{MaxFramesAtOnce} frames in one moment: a host answers itself");
        }

        _trace.Add((ulong)report.SentAt.Nanoseconds);
        _trace.Add(((ulong)(uint)cable.Number << 32) | ((ulong)report.Kinds << 8) | (fromLeft ? 1u : 0u));
        _trace.Add((ulong)report.DueAt.Nanoseconds);
        _trace.Add(frame);
        _capture?.Write(cable.CaptureOf(fromLeft), frame, FrameDirection.Outbound, $"{report}");
        Sent?.Invoke(cable, fromLeft, frame, report);
        var host = fromLeft ? cable.Left : cable.Right;
        if (_wire.Check(host, frame, fromLeft ? cable.LeftInterface : cable.RightInterface, Clock.Now) is { } wrong)
        {
            Fail($"{host.Name} sent frame {FrameCount}: {wrong}");
        }
    }

    /// <summary>Hears of every frame that comes to a host, before the host does.</summary>
    internal FrameListener? Arrived { get; set; }

    /// <summary>Hears of every frame that a host sends, and of its fate.</summary>
    internal FrameWatcher? Sent { get; set; }

    /// <summary>
    /// What one end sends is not what comes to the other: somebody forges segments of this connection, so that promises about its wire mean
    /// nothing.
    /// </summary>
    internal void ExpectForgery(InternetAddress source, PortNumber sourcePort, InternetAddress destination, PortNumber destinationPort) =>
        _wire.ExpectForgery(source, sourcePort, destination, destinationPort);

    internal void OnArrival(SimHost host, IpInterface at, ReadOnlySpan<byte> frame)
    {
        _wire.Arrive(host, frame, at, Clock.Now);
        Arrived?.Invoke(host, at, frame);
    }

    private void ScheduleAll()
    {
        _hosts.ForEach(Schedule);
        _cables.ForEach(Schedule);
    }

    private void Schedule(SimPart part)
    {
        var deadline = part.NextDeadline;
        if (deadline < part.Scheduled)
        {
            deadline = deadline > Clock.Now ? deadline : Clock.Now;
            part.Scheduled = deadline;
            _events.Enqueue(new Event(part, null), (deadline, _order++));
        }
    }

    private void Step()
    {
        _events.TryDequeue(out var next, out var at);
        Clock.Now = at.Time > Clock.Now ? at.Time : Clock.Now;
        if (next.Part is { } part)
        {
            if (part.Scheduled != at.Time)
            {
                return;
            }

            part.Scheduled = Instant.Never;
            part.Run(Clock.Now);
            Reschedule(part);
        }
        else
        {
            next.Action!();
        }

        EventCount++;
        CheckInside();
        foreach (var invariant in _invariants)
        {
            if (invariant() is { } wrong)
            {
                Fail(wrong);
            }
        }

        if (EventCount > _options.MaxEvents)
        {
            Fail("it never ends");
        }
    }

    /// <summary>Looks into the hosts that an event may have changed: what comes over a cable waits for its host.</summary>
    private void CheckInside()
    {
        foreach (var host in _hosts)
        {
            if (host.TakeHasRun() && _inside.Check(host) is { } wrong)
            {
                Fail($"{host.Name}: {wrong}");
            }
        }
    }

    internal delegate void FrameListener(SimHost host, IpInterface at, ReadOnlySpan<byte> frame);

    internal delegate void FrameWatcher(SimCable cable, bool fromLeft, ReadOnlySpan<byte> frame, in FaultReport report);

    private readonly record struct Event(SimPart? Part, Action? Action);
}

/// <summary>Something in a world that has deadlines: a host or a cable.</summary>
public abstract class SimPart
{
    private protected SimPart(SimWorld world) => World = world;

    /// <summary>The world whose clock it runs by.</summary>
    public SimWorld World { get; }

    /// <summary>When it wants to run next, in the world's time.</summary>
    internal abstract Instant NextDeadline { get; }

    /// <summary>The event that it waits for; other ones of it in the heap are stale.</summary>
    internal Instant Scheduled { get; set; } = Instant.Never;

    /// <summary>Does what is due.</summary>
    internal abstract void Run(Instant now);
}
