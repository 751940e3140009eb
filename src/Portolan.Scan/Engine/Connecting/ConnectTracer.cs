using Portolan.Model;
using Portolan.Packets;
using Portolan.Packets.Links;
using Portolan.Scan.Engine.Tracing;
using Portolan.Scan.Probes.Payloads;
using Portolan.Scan.Results;

namespace Portolan.Scan.Engine.Connecting;

/// <summary>
/// Traces the ways to hosts without privilege: connections and datagrams of the system with a small TTL (IP_TTL), whose ICMP errors the
/// system hands to the
/// socket (IP_RECVERR).
/// </summary>
/// <param name="connector">Makes connections; disposed with this.</param>
/// <param name="network">Reports which hosts are neighbours.</param>
/// <param name="clock">The time.</param>
/// <param name="settings">What to do.</param>
public sealed class ConnectTracer(Func<IConnector> connector, INetwork network, TimeProvider clock, ScanSettings settings)
    : IRouteTracer, IDisposable
{
    private const int MostOutcomes = 64;
    private const int TimeExceeded = (int)IcmpType.TimeExceeded;
    private const int TimeExceeded6 = (int)Icmpv6Type.TimeExceeded;

    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(50);

    private IConnector? _connector;

    /// <inheritdoc/>
    public void Trace(HostGroup group, IProbeWatch watch)
    {
        ArgumentNullException.ThrowIfNull(group);
        ArgumentNullException.ThrowIfNull(watch);
        var shared = new SharedHops();
        var tasks = TraceTasks.Of(
            group,
            host => network.FindRoute(group.AddressOf(host), settings.InterfaceName, settings.Source).Route,
            settings,
            isRaw: false,
            shared);
        if (tasks.Count == 0)
        {
            return;
        }

        var board = new TraceBoard(group, tasks, shared, settings.Timing);
        var stage = new Stage(group, _connector ??= connector(), board, new UdpPayloads(settings.Seed), clock);
        while (!watch.IsStopping && stage.Step(Tick))
        {
            watch.Tick(new StageStatus("traceroute", stage.Done, null, ProbeCursor.Start));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _connector?.Dispose();

    private sealed class Stage(HostGroup group, IConnector connector, TraceBoard board, UdpPayloads payloads, TimeProvider clock)
        : ITraceSender
    {
        private readonly Dictionary<ulong, (int Host, TraceProbe Probe, int Ttl, int Attempt, long SentAt)> _inFlight = [];
        private readonly ConnectOutcome[] _outcomes = new ConnectOutcome[MostOutcomes];
        private readonly long _origin = clock.GetTimestamp();
        private ulong _lastToken;

        public double Done => board.Done;

        private long Now => clock.GetElapsedTime(_origin).Ticks * TimeSpan.NanosecondsPerTick;

        public bool Step(TimeSpan longest)
        {
            var now = Now;
            if (!board.Step(now, this, out var nextAt))
            {
                return false;
            }

            var wait = TimeSpan.FromTicks(Math.Max(0, nextAt - now) / TimeSpan.NanosecondsPerTick);
            var count = connector.Complete(_outcomes, wait < longest ? wait : longest);
            for (var i = 0; i < count; i++)
            {
                if (_inFlight.Remove(_outcomes[i].Token, out var sent))
                {
                    var receivedAt = sent.SentAt + (_outcomes[i].Elapsed.Ticks * TimeSpan.NanosecondsPerTick);
                    if (TryRead(group.AddressOf(sent.Host), _outcomes[i], out var from, out var answer))
                    {
                        board.Take(sent.Host, sent.Probe.Protocol, sent.Probe.Port, sent.Ttl, sent.Attempt, from, answer, receivedAt);
                    }
                }
            }

            return true;
        }

        public bool TrySend(int host, TraceProbe probe, int ttl, int attempt, out long sentAt)
        {
            sentAt = Now;
            var target = group[host];
            var isUdp = probe.Method == TraceMethod.Udp;
            var start = connector.TryStart(new ConnectAttempt(
                ++_lastToken, isUdp ? TransportProtocol.Udp : TransportProtocol.Tcp, target.Address, target.ScopeId, probe.Port, Wait,
                isUdp ? payloads.For(probe.Port) : default)
            {
                TimeToLive = (byte)ttl,
            });
            if (start.Result == ConnectStartResult.Started)
            {
                _inFlight.Add(_lastToken, (host, probe, ttl, attempt, sentAt));
            }

            // What this host refuses for good counts as silent.
            return start.Result != ConnectStartResult.Busy;
        }

        public long WaitFor(int host) => Wait.Ticks * TimeSpan.NanosecondsPerTick;

        private static bool TryRead(InternetAddress target, in ConnectOutcome outcome, out InternetAddress from, out HopAnswer answer)
        {
            (from, answer) = (target, HopAnswer.Reached);
            if (outcome.Icmp is not { } icmp)
            {
                return outcome.Result is ConnectResult.Connected or ConnectResult.Refused or ConnectResult.Replied or ConnectResult.Reset;
            }

            from = icmp.Reporter ?? target;
            answer = icmp.Type == (target.IsIPv4 ? TimeExceeded : TimeExceeded6) ? HopAnswer.Exceeded
                : from == target ? HopAnswer.Reached
                : HopAnswer.Refused;
            return icmp.Reporter is not null;
        }
    }
}
