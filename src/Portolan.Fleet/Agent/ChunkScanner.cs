using Portolan.Fleet.Jobs;
using Portolan.Fleet.Messages;
using Portolan.Scan.Engine;
using Portolan.Scan.Results;

namespace Portolan.Fleet.Agent;

/// <summary>Opens what probes, for settings and a number of probes.</summary>
/// <param name="settings">What to do.</param>
/// <param name="probes">How many probes are planned.</param>
public delegate IGroupProber ProberSource(ScanSettings settings, ulong probes);

/// <summary>Scans a piece of a chunk with the engines of Portolan.Scan, within the agent's scope.</summary>
/// <param name="scope">What may be probed.</param>
/// <param name="mode">How.</param>
/// <param name="open">Opens what probes.</param>
/// <param name="clock">The time.</param>
internal sealed class ChunkScanner(AgentScope scope, ScanMode mode, ProberSource open, TimeProvider clock)
{
    private const int MostRows = 1000;

    /// <summary>The most probes per second that a job's rate and the scope's allow together; <c>null</c> for no ceiling.</summary>
    public double? RateOf(double? rate) => (rate, scope.MaxRate) switch
    {
        ({ } asked, { } own) => Math.Min(asked, own),
        var (asked, own) => asked ?? own,
    };

    /// <summary>Scans positions of a chunk. Blocks until done.</summary>
    /// <param name="chunk">The chunk.</param>
    /// <param name="work">Its rates.</param>
    /// <param name="from">The first position.</param>
    /// <param name="to">The end, exclusive.</param>
    /// <param name="warn">Hears what a person should know.</param>
    /// <param name="cancellation">Stops sending at once.</param>
    /// <returns>What was found, as batches that follow each other; empty when it was stopped: then nothing of it counts.</returns>
    public IReadOnlyList<PieceBatch> Scan(
        ChunkOrder chunk, ChunkWork work, long from, long to, Action<string> warn, CancellationToken cancellation)
    {
        var found = new PieceCollector(chunk, from, to, clock);
        var plan = chunk.Order is { } order
            ? PiecePlan.OfPorts(order, from, to, scope.Permits, found.Refuse)
            : PiecePlan.OfHosts(chunk.Plan, from, to, scope.Permits, found.Refuse);
        if (plan.HostCount > 0)
        {
            var settings = Settings(chunk, work, from);
            using var prober = open(settings, plan.ProbeCount);
            new ScanRun
            {
                Plan = plan,
                Settings = settings,
                Prober = prober,
                Observers = [found],
                Clock = clock,
                Why = "",
            }.Run(cancellation);
        }

        found.Warnings.ForEach(warn);
        return cancellation.IsCancellationRequested ? [] : Cut(found, from, to);
    }

    private ScanSettings Settings(ChunkOrder chunk, ChunkWork work, long from)
    {
        var spec = chunk.Plan.Spec;
        var timing = TimingSettings.Template(3);
        return new ScanSettings
        {
            Tcp = spec.Tcp.Length == 0 && chunk.Order is not null ? TcpTechnique.None
                : mode == ScanMode.Raw ? TcpTechnique.Syn : TcpTechnique.Connect,
            Udp = spec.Udp.Length > 0,
            DiscoveryOnly = chunk.Order is null,
            Discovery = chunk.Order is null ? Discovery(chunk.Plan) : new DiscoverySettings { Skip = true },
            Timing = timing with
            {
                MaxRate = RateOf(work.Rate),
                RoutedPrefixRate = work.PrefixRate,
                MaxRetries = spec.MaxRetries ?? timing.MaxRetries,
            },

            // Cookies differ from piece to piece, so that a late reply to another piece's probe is not taken for this one's.
            Seed = spec.Seed ^ ((ulong)from * 0x9e37_79b9_7f4a_7c15) ^ (ulong)work.Group,
            ReverseNames = false,
            ExcludedTcpPorts = scope.Ports.Complement(),
        };
    }

    // nmap's usual probes, as far as the scope permits their ports.
    private DiscoverySettings Discovery(JobPlan plan)
    {
        var (http, https) = (new PortNumber(80), new PortNumber(443));
        if (scope.Ports.Contains(http) && scope.Ports.Contains(https))
        {
            return new DiscoverySettings();
        }

        PortNumber? syn = scope.Ports.Contains(https) ? https : null;
        for (var i = 0; syn is null && i < plan.Ports.Count; i++)
        {
            var port = plan.Ports[i];
            syn = port.Protocol == TransportProtocol.Tcp && scope.Ports.Contains(port.Port) ? port.Port : null;
        }

        return new DiscoverySettings
        {
            IsDefault = false,
            Echo = mode == ScanMode.Raw,
            Timestamp = mode == ScanMode.Raw,
            SynPorts = syn is { } first ? new PortSet(first) : null,
            AckPorts = mode == ScanMode.Raw && scope.Ports.Contains(http) ? new PortSet(http) : null,
        };
    }

    private static List<PieceBatch> Cut(PieceCollector found, long from, long to)
    {
        found.Hosts.Sort(static (a, b) => a.At.CompareTo(b.At));
        found.Ports.Sort(static (a, b) => a.At.CompareTo(b.At));
        var batches = new List<PieceBatch>();
        var end = found.End;
        var counts = end is null ? new ProbeCounts() : new ProbeCounts
        {
            Sent = end.ProbesSent,
            Retries = end.Retries,
            NotSent = end.NotSent,
            Replies = end.Replies,
            Loss = end.ProbeLoss,
            MissBound = end.Losses?.Whole?.Bound,
        };
        for (int host = 0, port = 0; from < to;)
        {
            var (nextHost, nextPort) = (host + MostRows, port + MostRows);
            var next = Math.Min(
                nextHost < found.Hosts.Count ? found.Hosts[nextHost].At : to, nextPort < found.Ports.Count ? found.Ports[nextPort].At : to);
            nextHost = found.Hosts.FindIndex(Math.Min(host, found.Hosts.Count), h => h.At >= next);
            nextPort = found.Ports.FindIndex(Math.Min(port, found.Ports.Count), p => p.At >= next);
            nextHost = nextHost < 0 ? found.Hosts.Count : nextHost;
            nextPort = nextPort < 0 ? found.Ports.Count : nextPort;
            batches.Add(new PieceBatch(
                from, next, found.Hosts[host..nextHost], found.Ports[port..nextPort],
                ProbeCode.Pack(found.Codes[(int)(from - found.From)..(int)(next - found.From)]), counts));
            (host, port, from, counts) = (nextHost, nextPort, next, new ProbeCounts());
        }

        return batches;
    }
}

/// <summary>What was found at positions that follow each other.</summary>
/// <param name="From">The first position.</param>
/// <param name="To">The end, exclusive.</param>
/// <param name="Hosts">Hosts that are up.</param>
/// <param name="Ports">Open ports.</param>
/// <param name="Codes">A code for each position, compressed.</param>
/// <param name="Counts">What was sent for it and those after it.</param>
internal sealed record PieceBatch(
    long From, long To, IReadOnlyList<FoundHost> Hosts, IReadOnlyList<FoundPort> Ports, byte[] Codes, ProbeCounts Counts);
