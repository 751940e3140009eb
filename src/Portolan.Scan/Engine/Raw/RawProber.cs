using Portolan.Packets;
using Portolan.Packets.Links;
using Portolan.Scan.Probes;
using Portolan.Scan.Probes.Payloads;
using Portolan.Scan.Results;

namespace Portolan.Scan.Engine.Raw;

/// <summary>Scans with packets of our own making over an <see cref="INetwork"/>: the kernel's, or a simulated one.</summary>
/// <remarks>
/// Stateless: which probe a reply answers is read from the reply (<see cref="ReplyClassifier"/>). The driving thread receives and decides;
/// with <see cref="RawProberOptions.SenderThreads"/> others send large passes. Links are opened when a target first needs one.
/// </remarks>
public sealed class RawProber : IGroupProber, IRouteTracer
{
    private const ulong ManyProbes = 1 << 20;
    private const double HighRate = 100_000;

    private readonly RawContext _context;
    private RawGroup? _group;

    /// <summary>Prepares; sends nothing and opens nothing.</summary>
    /// <param name="network">Routes, neighbours and links. Not disposed of.</param>
    /// <param name="time">The clock that the network's links were made with.</param>
    /// <param name="settings">What to do.</param>
    /// <param name="options">What this host lends.</param>
    public RawProber(INetwork network, TimeProvider time, ScanSettings settings, RawProberOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(settings);
        options ??= new RawProberOptions();
        var cookies = new ProbeCookies(settings.Seed);
        var ports = settings.SourcePort is { } port ? SourcePorts.Fixed(port) : SourcePorts.Outside(options.Ephemeral);
        var payloads = new UdpPayloads(settings.Seed);
        var counters = new RawCounters();
        var links = new RawLinks(network, ports);
        _context = new RawContext
        {
            Network = network,
            Links = links,
            Settings = settings,
            Clock = new RawClock(time),
            Counters = counters,
            Cookies = cookies,
            Ports = ports,
            Style = new ProbeStyle(
                settings.TcpFlags is { } flags ? (TcpFlags)flags : FlagsOf(settings.Tcp),
                settings.TimeToLive ?? 64,
                settings.PaddingLength,
                options.ProbesPlanned > ManyProbes || settings.Timing.MinRate >= HighRate),
            Payloads = payloads,
            Classifier = new ReplyClassifier(cookies, ports, settings.Tcp, payloads, (TcpFlags?)settings.TcpFlags),
            Sender = new RawSender(links, counters),
            SenderThreads = options.SenderThreads,
            SendsControlProbes = options.SendsControlProbes,
        };
    }

    /// <inheritdoc/>
    public ScanMode Mode => ScanMode.Raw;

    /// <inheritdoc/>
    public IReadOnlyList<string> Notes =>
    [
        _context.Ports.IsFixed
            ? $"probes come from port {_context.Ports.First}"
            : $"probes come from ports {_context.Ports.First}-{_context.Ports.Last}",
    ];

    /// <inheritdoc/>
    public ProbeBalance Balance => _context.Counters.Balance;

    /// <inheritdoc/>
    public void Discover(HostGroup group, ProbeCursor from, IProbeWatch watch) =>
        new DiscoveryStage(_context, Prepare(group, watch), watch).Run(from);

    /// <inheritdoc/>
    public void Probe(HostGroup group, ProbeCursor from, IProbeWatch watch)
    {
        var stage = new PortStage(_context, Prepare(group, watch), watch);
        _context.Counters.IsPortStage = true;
        try
        {
            stage.Run(from);
        }
        finally
        {
            _context.Counters.IsPortStage = false;
        }
    }

    /// <inheritdoc/>
    public void Trace(HostGroup group, IProbeWatch watch) => new TraceStage(_context, Prepare(group, watch), watch).Run();

    /// <inheritdoc/>
    /// <remarks>The kernel takes some ten milliseconds to close a packet socket; those of several are spent together.</remarks>
    public void Dispose()
    {
        var closing = new List<Thread>();
        foreach (var open in (IEnumerable<IDisposable>)[.. _context.ThreadSenders, _context.Links])
        {
            var thread = new Thread(open.Dispose) { IsBackground = true, Name = "portolan closing" };
            closing.Add(thread);
            thread.Start();
        }

        _context.Sender.Dispose();
        closing.ForEach(static thread => thread.Join());
    }

    private static TcpFlags FlagsOf(TcpTechnique technique) => technique switch
    {
        TcpTechnique.Ack => TcpFlags.Ack,
        TcpTechnique.Null => 0,
        TcpTechnique.Fin => TcpFlags.Fin,
        TcpTechnique.Xmas => TcpFlags.Fin | TcpFlags.Psh | TcpFlags.Urg,
        _ => TcpFlags.Syn,
    };

    // Ways and round trips found in discovery serve the port stage.
    private RawGroup Prepare(HostGroup group, IProbeWatch watch)
    {
        if (_group?.Group == group)
        {
            return _group;
        }

        var paths = RawPaths.Find(group, _context, watch);
        var bounds = _context.Bounds;
        var isNear = paths.All.All(static path => !path.IsRouted);
        _group = new RawGroup(group, paths, new HostRtts(group.Count, isNear ? bounds with { Initial = Shorter(bounds.Initial) } : bounds));
        new GatewayStage(_context, _group, watch).Run();
        return _group;
    }

    // On the link itself nothing takes a second (nmap waits as short for ARP).
    private static TimeSpan Shorter(TimeSpan initial)
    {
        var near = TimeSpan.FromMilliseconds(300);
        return initial < near ? initial : near;
    }
}
