using Portolan.Model;
using Portolan.Scan.Engine;
using Portolan.Scan.Results;
using Portolan.Tests.Lab.Scanning;
using Portolan.Tests.Scan.Connecting;

namespace Portolan.Tests.Scan.Calibration;

/// <summary>What scans, of what: known truth over a network in virtual time.</summary>
internal sealed record CalibrationCell(string Name)
{
    private const string Near = "198.18.0.2";

    /// <summary>The type of scan; <see cref="TcpTechnique.None"/> for UDP.</summary>
    internal TcpTechnique Technique { get; init; } = TcpTechnique.Syn;

    /// <summary>By the system's connections.</summary>
    internal bool Connects { get; init; }

    /// <summary>
    /// Every third port answers by being open, every second other one by being closed, the rest are silent; 0 where only hosts are looked
    /// for.
    /// </summary>
    internal int Ports { get; init; } = 30;

    /// <summary>Hosts; with more than one, some addresses have none.</summary>
    internal int Hosts { get; init; } = 1;

    /// <summary>Hosts are looked for, over a router; else they are known to be up.</summary>
    internal bool Discovers { get; init; }

    /// <summary>The chance that a packet is lost, each way.</summary>
    internal double Loss { get; init; }

    /// <summary>The chance that the first host loses a packet, each way, besides <see cref="Loss"/>.</summary>
    internal double LossOfFirst { get; init; }

    internal int Retries { get; init; } = 10;

    /// <summary>RSTs or ICMP errors a second that a host sends; 0 for no limit.</summary>
    internal double Limit { get; init; }

    /// <summary>Packets a second that the receiver takes; 0 for any number.</summary>
    internal double Receiver { get; init; }

    private bool IsUdp => Technique == TcpTechnique.None;

    private bool Answers(int port) => port % 3 != 0;

    /// <summary>Scans once.</summary>
    internal CalibrationRun Run(int seed) => Connects ? RunConnections(seed) : RunPackets(seed);

    private CalibrationRun RunPackets(int seed)
    {
        var isFar = Discovers;
        var last = Math.Max(1, Ports);
        var answers = string.Join(", ", Kinds(last));
        var prefix = isFar ? "198.51.100." : "198.18.0.";
        var first = isFar ? 2 : int.Parse(Near[(Near.LastIndexOf('.') + 1)..], System.Globalization.CultureInfo.InvariantCulture);
        var lines = Enumerable.Range(0, Hosts).Select(
            number =>
                $"host{number}: {{ address: {prefix}{first + number}, default: filtered, "
                    + $"{(IsUdp && Limit > 0 ? $"icmp-rate: {Limit}, " : "")}ports: {{ {answers} }} }}");
        using var lab = new ScanLab(
            string.Join('\n', lines), seed, Loss, alwaysFindsNeighbours: !isFar || Ports > 0, resetsPerSecond: IsUdp ? 0 : Limit,
            packetsPerSecond: Receiver,
            lossyHost: LossOfFirst > 0 ? $"{prefix}{first}" : null, lossOfLossyHost: LossOfFirst);
        var settings = new ScanSettings
        {
            Seed = (ulong)seed,
            Tcp = Technique,
            Udp = IsUdp,
            DiscoveryOnly = Ports == 0,
            Discovery = new DiscoverySettings { Skip = !Discovers },
            Timing = new TimingSettings { MaxRetries = Retries },
        };
        var addresses = Enumerable.Range(first, Hosts + (Discovers ? 2 : 0)).Select(number => $"{prefix}{number}").ToArray();
        var ports = IsUdp ? ScanLab.Udp(1, last) : ScanLab.Tcp(1, last);
        var scan = lab.Scan(settings, addresses, ports);
        var up = addresses.Take(Hosts)
            .Where(address => scan.Hosts.TryGetValue(ScanLab.Address(address), out var host) && host.Status == HostStatus.Up).ToArray();
        long answering = 0, found = 0;
        for (var port = 1; port <= Ports; port++)
        {
            foreach (var address in up)
            {
                var result = scan.Port(address, port, IsUdp ? TransportProtocol.Udp : TransportProtocol.Tcp);
                answering += IsAnswering(port) ? 1 : 0;
                found += IsAnswering(port) && result.Reason != ReplyReason.NoResponse ? 1 : 0;
            }
        }

        return new CalibrationRun(scan.End.Losses!, answering, found, Hosts, up.Length, Discovers, scan.End.Elapsed);
    }

    private CalibrationRun RunConnections(int seed)
    {
        var network = new SimulatedNetwork(seed)
        {
            Loss = Loss,
            IcmpRate = Limit,
            LossOf = address => (address.IPv4Bits & 0xff) == 2 ? LossOfFirst : 0,
            TruthOf = (address, _, port) => Discovers && (address.IPv4Bits & 0xff) >= 2 + Hosts ? Truth.Silent
                : Discovers && port is 80 or 443 ? Truth.Closed : !Answers(port) ? Truth.Silent : port % 3 == 1 ? Truth.Open : Truth.Closed,
        };
        var settings = SimulatedScan.Settings((ulong)seed) with
        {
            Tcp = IsUdp ? TcpTechnique.None : TcpTechnique.Connect,
            Udp = IsUdp,
            Discovery = new DiscoverySettings { Skip = !Discovers },
            Timing = new TimingSettings { MaxRetries = Retries },
        };
        var log = SimulatedScan.Run(network, $"198.18.0.2-{1 + Hosts + (Discovers ? 2 : 0)}", $"1-{Ports}", settings);
        long answering = 0, found = 0, up = 0;
        for (var host = 2; host < 2 + Hosts; host++)
        {
            if (!log.HostStates.TryGetValue($"198.18.0.{host}", out var state) || !state.StartsWith("Up", StringComparison.Ordinal))
            {
                continue;
            }

            up++;
            for (var port = 1; port <= Ports; port++)
            {
                var isAnswering = Answers(port);
                answering += isAnswering ? 1 : 0;
                found += isAnswering && log.Ports.TryGetValue($"198.18.0.{host} {(IsUdp ? "U:" : "")}{port}", out var told)
                    && !told.EndsWith("no-response", StringComparison.Ordinal) ? 1 : 0;
            }
        }

        return new CalibrationRun(log.End!.Losses!, answering, found, Hosts, up, Discovers, log.End.Elapsed);
    }

    // A port that is open says nothing to FIN, NULL and Xmas.
    private bool IsAnswering(int port) =>
        Answers(port) && (Technique is not (TcpTechnique.Fin or TcpTechnique.Null or TcpTechnique.Xmas) || port % 3 != 1);

    private IEnumerable<string> Kinds(int last)
    {
        var protocol = IsUdp ? "/udp" : "";
        if (last >= 1)
        {
            yield return $"\"{ScanLab.Ports(last, static port => port % 3 == 1)}{protocol}\": {(IsUdp ? "echo" : "open")}";
        }

        if (last >= 2)
        {
            yield return $"\"{ScanLab.Ports(last, static port => port % 3 == 2)}{protocol}\": closed";
        }
    }
}

/// <summary>A run: what was said, and what was.</summary>
internal sealed record CalibrationRun(
    ScanLosses Said, long Answering, long Found, long Hosts, long HostsFound, bool Discovers, TimeSpan Elapsed)
{
    /// <summary>The share of ports that would answer and were missed, of hosts that are known to be up.</summary>
    internal double Missed => Answering == 0 ? 0 : (double)(Answering - Found) / Answering;

    internal double HostsMissed => Hosts == 0 ? 0 : (double)(Hosts - HostsFound) / Hosts;

    /// <summary>More was missed than was said.</summary>
    internal bool IsBroken => Missed > (Said.Ports.Bound ?? 1) + 1e-12 || (Discovers && HostsMissed > (Said.Hosts?.Bound ?? 1) + 1e-12);

    internal bool IsTold => (Answering == 0 ? Said.Hosts : Said.Ports)?.Bound is not null;
}
