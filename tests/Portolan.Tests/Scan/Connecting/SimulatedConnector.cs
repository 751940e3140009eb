using Portolan.Model;
using Portolan.Packets.Links;
using Portolan.Tests.Support;

namespace Portolan.Tests.Scan.Connecting;

/// <summary>What a simulated port does.</summary>
internal enum Truth
{
    Open,
    Closed,
    Silent,
    Prohibited,
    PortUnreachable,
}

/// <summary>A network with known truth, loss and limits, and a kernel in front of it that repeats lost SYNs after 1 s, then 3 s.</summary>
internal sealed class SimulatedNetwork(int seed)
{
    public VirtualTime Clock { get; } = new();

    public Random Random { get; } = new(seed);

    public Func<InternetAddress, TransportProtocol, int, Truth> TruthOf { get; set; } = (_, _, _) => Truth.Closed;

    public TimeSpan RoundTrip { get; set; } = TimeSpan.FromMilliseconds(20);

    /// <summary>Loss each way, 0 to 1.</summary>
    public double Loss { get; set; }

    /// <summary>What a host loses besides, each way, 0 to 1.</summary>
    public Func<InternetAddress, double> LossOf { get; init; } = static _ => 0;

    /// <summary>Port unreachable messages a second that a host sends, after a first 6; 0 for no limit.</summary>
    public double IcmpRate { get; set; }

    /// <summary>Chances of what this host itself may fail with.</summary>
    public double BusyChance { get; set; }

    public double NotSentChance { get; set; }

    public Func<InternetAddress, bool> HasRoute { get; set; } = _ => true;

    public int Capacity { get; set; } = 1000;

    /// <summary>Each attempt that left: when, and to where.</summary>
    public List<(long At, InternetAddress Address, int Port)> Attempts { get; } = [];

    /// <summary>Called before each attempt with the number of attempts so far.</summary>
    public Action<int> OnAttempt { get; set; } = _ => { };

    public int MostInFlight { get; set; }

    private readonly Dictionary<InternetAddress, (double Tokens, long At)> _icmp = [];

    public bool MaySendIcmp(InternetAddress host, long at)
    {
        if (IcmpRate == 0)
        {
            return true;
        }

        var (tokens, last) = _icmp.GetValueOrDefault(host, (6, at));
        tokens = Math.Min(6, tokens + ((at - last) / 1e9 * IcmpRate));
        var may = tokens >= 1;
        _icmp[host] = (may ? tokens - 1 : tokens, at);
        return may;
    }
}

/// <summary>A connector onto a <see cref="SimulatedNetwork"/>. Waiting in it moves the clock.</summary>
internal sealed class SimulatedConnector(SimulatedNetwork network) : IConnector
{
    private static readonly double[] Transmissions = [0, 1, 3, 7];
    private readonly PriorityQueue<ConnectOutcome, long> _outcomes = new();

    public int Capacity => network.Capacity;

    public string Description => "simulated";

    public ConnectStart TryStart(in ConnectAttempt attempt)
    {
        if (!network.HasRoute(attempt.Address))
        {
            return new ConnectStart(ConnectStartResult.Denied, 101);
        }

        if (_outcomes.Count >= Capacity || network.Random.NextDouble() < network.BusyChance)
        {
            return new ConnectStart(ConnectStartResult.Busy, 24);
        }

        network.OnAttempt(network.Attempts.Count);
        network.Attempts.Add((network.Clock.Now, attempt.Address, attempt.Port));
        var (result, after, icmp) = network.Random.NextDouble() < network.NotSentChance
            ? (ConnectResult.NotSent, TimeSpan.Zero, null)
            : Answer(attempt);
        if (after >= attempt.Timeout)
        {
            (result, after, icmp) = (ConnectResult.TimedOut, attempt.Timeout, null);
        }

        _outcomes.Enqueue(new ConnectOutcome(attempt.Token, result, 0, after) { Icmp = icmp }, network.Clock.Now + (after.Ticks * 100));
        network.MostInFlight = Math.Max(network.MostInFlight, _outcomes.Count);
        return ConnectStart.Started;
    }

    public int Complete(Span<ConnectOutcome> outcomes, TimeSpan timeout)
    {
        var end = network.Clock.Now + (timeout.Ticks * 100);
        if (!_outcomes.TryPeek(out _, out var next) || next > end)
        {
            network.Clock.AdvanceTo(end);
            return 0;
        }

        network.Clock.AdvanceTo(next);
        var count = 0;
        while (count < outcomes.Length && _outcomes.TryPeek(out var outcome, out var at) && at <= network.Clock.Now)
        {
            _outcomes.Dequeue();
            outcomes[count++] = outcome;
        }

        return count;
    }

    public void Dispose()
    {
    }

    private (ConnectResult Result, TimeSpan After, IcmpReport? Icmp) Answer(in ConnectAttempt attempt)
    {
        var truth = network.TruthOf(attempt.Address, attempt.Protocol, attempt.Port);
        var isUdp = attempt.Protocol == TransportProtocol.Udp;
        foreach (var delay in isUdp ? Transmissions[..1] : Transmissions)
        {
            var sentAt = network.Clock.Now + (long)(delay * 1e9);
            if (truth == Truth.Silent || IsLost(attempt) || (isUdp && truth != Truth.Open && !network.MaySendIcmp(attempt.Address, sentAt))
                || IsLost(attempt))
            {
                continue;
            }

            var after = TimeSpan.FromSeconds(delay) + network.RoundTrip;
            return truth switch
            {
                Truth.Open => (isUdp ? ConnectResult.Replied : ConnectResult.Connected, after, null),
                Truth.Prohibited => (ConnectResult.Prohibited, after, new IcmpReport(3, 13, null)),
                Truth.PortUnreachable => (ConnectResult.Refused, after, new IcmpReport(3, 3, attempt.Address)),
                _ => (ConnectResult.Refused, after, isUdp ? new IcmpReport(3, 3, attempt.Address) : null),
            };
        }

        return (ConnectResult.TimedOut, TimeSpan.MaxValue, null);
    }

    private bool IsLost(in ConnectAttempt attempt) =>
        (network.Loss > 0 && network.Random.NextDouble() < network.Loss)
            || (network.LossOf(attempt.Address) is var own and > 0 && network.Random.NextDouble() < own);
}
