using Portolan.Model;
using Portolan.Packets;
using Portolan.Packets.Links;
using Portolan.Transport.Buffers;
using Portolan.Transport.Ip;
using Portolan.Transport.Links;
using Portolan.Transport.Ports;
using Portolan.Transport.Tcp;
using Portolan.Transport.Udp;

namespace Portolan.Transport.Testing;

/// <summary>A host of a world: the whole stack, with a clock of its own that may be wrong.</summary>
public sealed class SimHost : SimPart, IStackDriver, IDisposable
{
    private readonly SimHostOptions _options;
    private readonly HostLinks _links;
    private readonly List<SimCable> _cables = [];
    private NetworkStack? _stack;
    private SimHostClock? _clock;
    private bool _isDisposed;
    private bool _hasArrivals;
    private bool _hasRun;

    internal SimHost(SimWorld world, SimHostOptions options)
        : base(world)
    {
        _options = options;
        Pool = new PacketPool(new PacketPoolOptions { SlabLength = 64 << 10, MemoryLimit = options.MemoryLimit });
        Ip = new IpHost(
            new IpHostOptions
            {
                Seed = world.Random.Next(),
                IsForwarding = options.IsRouter,
                Model = options.Model,
                IcmpLimits = options.IcmpLimits
            }, Pool);
        Ip.AdvanceTo(LocalTime(world.Clock.Now));
        Ports = new PortTable(
            new LinuxBindRules(), new EphemeralRange(new PortRange(new PortNumber(32768), new PortNumber(60999)), new PortSet()),
            world.Random.Next());
        Udp = new UdpLayer(Ip, Ports, Pool, world.Random.Next());
        Ip.Register(IpProtocol.Udp, Udp);
        Tcp = new TcpLayer(Ip, Pool, Ports, new TcpLayerOptions
        {
            Profile = options.Profile,
            Seed = world.Random.Next(),
            MemoryLimit = options.MemoryLimit / 4 * 3,
        });
        Ip.Register(IpProtocol.Tcp, Tcp);
        _links = new HostLinks(Ip);
    }

    /// <summary>As the world's logs name the host.</summary>
    public string Name => _options.Name;

    /// <summary>Its IP layer.</summary>
    internal IpHost Ip { get; }

    internal UdpLayer Udp { get; }

    internal TcpLayer Tcp { get; }

    /// <summary>Who holds its ports.</summary>
    internal PortTable Ports { get; }

    /// <summary>Its packet memory.</summary>
    internal PacketPool Pool { get; }

    /// <summary>
    /// The host for .NET code: streams, pipes, Kestrel and HttpClient. It is made when it is first asked for, before the world runs, and
    /// driven by the world: see <see cref="SimWorld.RunApplication(Task, TimeSpan)"/>.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The host is disposed, and never had one.</exception>
    public NetworkStack Stack => _stack ??= _isDisposed ? throw new ObjectDisposedException(Name) : NetworkStack.CreateDriven(
        new StackLayers(Pool, Ip, Ports, Udp, Tcp, _links),
        new NetworkStackOptions
        {
            Name = Name,
            Time = Clock,
            Resolver = World.Names,
            MemoryLimit = Math.Max(1L << 20, _options.MemoryLimit),
            Profile = _options.Profile,
        },
        this);

    /// <summary>Its clock, for applications on it: as wrong as the host's, with timers of the world.</summary>
    public TimeProvider Clock => _clock ??= new SimHostClock(this);

    /// <summary>What its clock says.</summary>
    public Instant Now => LocalTime(World.Clock.Now);

    internal IReadOnlyList<SimCable> Cables => _cables;

    internal override Instant NextDeadline => _hasArrivals ? World.Clock.Now : WorldTime(_stack?.NextDeadline ?? _links.NextDeadline);

    /// <summary>Gives an interface an address that is used at once.</summary>
    /// <exception cref="FormatException">It is not an address.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The length is none of the address's family.</exception>
    /// <exception cref="ArgumentException">The interface is another host's.</exception>
    /// <example><code>client.AddAddress(cable.LeftInterface, "198.18.0.2", 24);</code></example>
    public void AddAddress(IpInterface at, string address, int prefixLength)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        ArgumentNullException.ThrowIfNull(at);
        ArgumentNullException.ThrowIfNull(address);
        var parsed = SimWorld.Address(address);
        if (!Ip.Interfaces.Contains(at))
        {
            throw new ArgumentException($"{at.Name} is not an interface of {Name}", nameof(at));
        }

        Ip.AddAddress(at, parsed, Allowed.Between(0, parsed.BitCount, prefixLength, nameof(prefixLength)), skipsDetection: true);
    }

    /// <summary>Runs an application's code: with the time told, and what it sends sent.</summary>
    public void Do(Action action)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        ArgumentNullException.ThrowIfNull(action);
        _hasRun = true;
        Ip.AdvanceTo(Now);
        action();
        Ip.Flush();
        World.Reschedule(this);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _isDisposed = true;
        _stack?.Dispose();
        _links.Dispose();
    }

    internal IpInterface Attach(SimCable cable, IPacketLink link, int mtu)
    {
        _cables.Add(cable);
        return _links.Attach(link, new IpInterfaceOptions
        {
            Name = $"eth{_cables.Count - 1}",
            Mtu = mtu,
            LinkLocal = LinkLocalChoice.None,
        });
    }

    /// <summary>Whether it has done anything since it was asked last.</summary>
    internal bool TakeHasRun()
    {
        var hasRun = _hasRun;
        _hasRun = false;
        return hasRun;
    }

    internal void OnArrival() => _hasArrivals = true;

    internal override void Run(Instant now)
    {
        // One batch each time: more of it comes as events of its own.
        _hasRun = true;
        var local = LocalTime(now);
        _hasArrivals = (_stack?.Step(local) ?? _links.Step(local)) > 0;
    }

    bool IStackDriver.IsOwner => World.IsOwner;

    SynchronizationContext? IStackDriver.BareContext => World.BareContext;

    void IStackDriver.Wake() => World.Knock(this);

    private Instant LocalTime(Instant world) =>
        new(
            world.Nanoseconds + (_options.ClockOffset.Ticks * TimeSpan.NanosecondsPerTick)
                + (long)((Int128)world.Nanoseconds * _options.ClockDriftPartsPerMillion / 1_000_000));

    /// <summary>How long a span of its clock takes in the world, or a little longer.</summary>
    internal TimeSpan WorldSpan(TimeSpan span) => span <= TimeSpan.Zero || _options.ClockDriftPartsPerMillion == 0
        ? span
        : new TimeSpan((long)((((Int128)span.Ticks * 1_000_000) / (1_000_000 + _options.ClockDriftPartsPerMillion)) + 1));

    /// <summary>The first moment of the world at which the host's clock shows a time, or a little later.</summary>
    private Instant WorldTime(Instant local)
    {
        if (local == Instant.Never)
        {
            return local;
        }

        var nanoseconds = (Int128)(local.Nanoseconds - (_options.ClockOffset.Ticks * TimeSpan.NanosecondsPerTick)) * 1_000_000 / (1_000_000
            + _options.ClockDriftPartsPerMillion);
        return new Instant(Math.Max((long)nanoseconds + (_options.ClockDriftPartsPerMillion == 0 ? 0 : 2), World.Clock.Now.Nanoseconds));
    }
}
