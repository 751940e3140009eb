using Portolan.Fleet.Jobs;
using Portolan.Fleet.Messages;
using Portolan.Scan.Results;
using Portolan.Scan.Targets;

namespace Portolan.Fleet.Agent;

/// <summary>Takes what a run finds of a piece, by position.</summary>
/// <param name="work">The chunk.</param>
/// <param name="from">The piece's first position.</param>
/// <param name="to">Its end, exclusive.</param>
/// <param name="clock">Says when a port was found.</param>
internal sealed class PieceCollector(ChunkOrder work, long from, long to, TimeProvider clock) : IScanObserver
{
    private readonly byte[] _codes = new byte[to - from];
    private readonly List<FoundHost> _hosts = [];
    private readonly List<FoundPort> _ports = [];
    private readonly Dictionary<(InternetAddress Address, ProbePort Port), long> _times = [];

    /// <summary>The first position.</summary>
    public long From => from;

    /// <summary>A code for each position.</summary>
    public ReadOnlySpan<byte> Codes => _codes;

    /// <summary>Hosts that are up, by position.</summary>
    public List<FoundHost> Hosts => _hosts;

    /// <summary>Open ports, by position.</summary>
    public List<FoundPort> Ports => _ports;

    /// <summary>The balance of the run, when it is over.</summary>
    public ScanEnd? End { get; private set; }

    /// <summary>What was said besides.</summary>
    public List<string> Warnings { get; } = [];

    /// <summary>A position is not probed, for the scope excludes it.</summary>
    public void Refuse(long position) => _codes[position - from] = ProbeCode.OutOfScope;

    /// <inheritdoc/>
    public void Started(ScanStart run)
    {
    }

    /// <inheritdoc/>
    public void HostFound(HostResult host)
    {
    }

    /// <inheritdoc/>
    public void PortFound(Target target, in PortResult port)
    {
        if (port.State == PortState.Open)
        {
            _times[(target.Address, port.Port)] = clock.GetUtcNow().ToUnixTimeMilliseconds();
        }
    }

    /// <inheritdoc/>
    public void HostFinished(HostReport report)
    {
        var host = report.Host;
        if (work.Order is not { } order)
        {
            if (work.PositionOf(host.Target.Address) is { } at && at >= from && at < to)
            {
                _codes[at - from] = ProbeCode.Of(host.Status, host.Reason);
                if (host.Status == HostStatus.Up)
                {
                    _hosts.Add(new FoundHost { At = at, Ttl = host.TimeToLive, Mac = host.HardwareAddress?.Value });
                }
            }

            return;
        }

        if (report.IsTimedOut || work.PlaceOf(host.Target.Address) is not { } place)
        {
            return;
        }

        report.ForEachPort(port =>
        {
            var number = order.Plan.Ports.IndexOf(port.Port);
            var at = number < 0 ? -1 : order.PositionOf(place, number);
            if (at < from || at >= to)
            {
                return;
            }

            _codes[at - from] = ProbeCode.Of(port.State, port.Reason);
            if (port.State == PortState.Open)
            {
                _ports.Add(new FoundPort
                {
                    At = at,
                    Ttl = port.TimeToLive,
                    Evidence = (byte)port.Evidence,
                    From = port.ReasonAddress?.ToString(),
                    Time = _times.TryGetValue((host.Target.Address, port.Port), out var time)
                        ? time : clock.GetUtcNow().ToUnixTimeMilliseconds(),
                });
            }
        });
    }

    /// <inheritdoc/>
    public void Progress(ScanProgress progress)
    {
    }

    /// <inheritdoc/>
    public void Warning(string message) => Warnings.Add(message);

    /// <inheritdoc/>
    public void Ended(ScanEnd balance) => End = balance;
}
