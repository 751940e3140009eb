using Portolan.Model;
using Portolan.Scan.Identification;
using Portolan.Scan.Order;
using Portolan.Scan.Proxies;

namespace Portolan.Scan.Engine;

/// <summary>What a scan is to do, targets and ports aside. Made by the command line; the engine changes nothing in it.</summary>
public sealed record ScanSettings
{
    /// <summary>How TCP ports are probed.</summary>
    public TcpTechnique Tcp { get; init; } = TcpTechnique.Syn;

    /// <summary>
    /// Flags of the TCP probe instead of the technique's own (<c>--scanflags</c>); replies are judged by <see cref="Tcp"/>.
    /// </summary>
    public byte? TcpFlags { get; init; }

    /// <summary>The proxies that connections pass; <c>null</c> for none.</summary>
    public ProxyRoute? Proxies { get; init; }

    /// <summary>UDP ports are scanned (<c>-sU</c>).</summary>
    public bool Udp { get; init; }

    /// <summary>Host discovery only (<c>-sn</c>).</summary>
    public bool DiscoveryOnly { get; init; }

    /// <summary>How hosts are discovered.</summary>
    public DiscoverySettings Discovery { get; init; } = new();

    /// <summary>Pace and patience.</summary>
    public TimingSettings Timing { get; init; } = TimingSettings.Template(3);

    /// <summary>The seed of order and cookies.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Hosts and ports are probed in their own order, not in a random one (<c>-r</c>).</summary>
    public bool Sequential { get; init; }

    /// <summary>This run's share, from 0.</summary>
    public int Shard { get; init; }

    /// <summary>How many shares there are.</summary>
    public int ShardCount { get; init; } = 1;

    /// <summary>Only over this interface (<c>-e</c>).</summary>
    public string? InterfaceName { get; init; }

    /// <summary>Our address (<c>-S</c>).</summary>
    public InternetAddress? Source { get; init; }

    /// <summary>Our port (<c>-g</c>); <c>null</c> for ports of the engine's choice.</summary>
    public PortNumber? SourcePort { get; init; }

    /// <summary>TTL or hop limit of probes (<c>--ttl</c>); <c>null</c> for the usual 64.</summary>
    public byte? TimeToLive { get; init; }

    /// <summary>Random bytes to add to probes (<c>--data-length</c>).</summary>
    public int PaddingLength { get; init; }

    /// <summary>
    /// Reverse DNS: <c>null</c> for hosts that are up (nmap's default), <c>false</c> for none (<c>-n</c>), <c>true</c> for all (<c>-R</c>).
    /// </summary>
    public bool? ReverseNames { get; init; }

    /// <summary>Sends nothing: the targets only (<c>-sL</c>).</summary>
    public bool ListOnly { get; init; }

    /// <summary>What services of open TCP ports say first is read (<c>--banners</c>).</summary>
    public bool Banners { get; init; }

    /// <summary>Open ports are asked what they are (<c>-sV</c>), and how far; <c>null</c> for not.</summary>
    public IdentifySettings? Services { get; init; }

    /// <summary>
    /// TCP ports that no probe may be sent to (<c>--exclude-ports</c>), also none of the engine's own; <c>null</c> for none.
    /// </summary>
    public PortSet? ExcludedTcpPorts { get; init; }

    /// <summary>The order of so many numbers: a random one, or their own (<see cref="Sequential"/>).</summary>
    internal IndexPermutation OrderOf(ulong size, ulong key) =>
        Sequential ? IndexPermutation.InOrder(size) : new IndexPermutation(size, key);
}

/// <summary>Which probes find hosts.</summary>
public sealed record DiscoverySettings
{
    /// <summary>All targets are taken to be up (<c>-Pn</c>).</summary>
    public bool Skip { get; init; }

    /// <summary>ARP and neighbour discovery are not used on the link (<c>--disable-arp-ping</c>, <c>--send-ip</c>).</summary>
    public bool NoArp { get; init; }

    /// <summary>
    /// No method was named: nmap's default set (echo, SYN 443, ACK 80, timestamp; connect to 80 and 443 without privilege).
    /// </summary>
    public bool IsDefault { get; init; } = true;

    /// <summary><c>-PE</c>.</summary>
    public bool Echo { get; init; }

    /// <summary><c>-PP</c>.</summary>
    public bool Timestamp { get; init; }

    /// <summary><c>-PS</c>.</summary>
    public PortSet? SynPorts { get; init; }

    /// <summary><c>-PA</c>.</summary>
    public PortSet? AckPorts { get; init; }

    /// <summary><c>-PU</c>.</summary>
    public PortSet? UdpPorts { get; init; }
}

/// <summary>Pace and patience; nmap's names and defaults (nmap reference guide, "Timing and Performance").</summary>
public sealed record TimingSettings
{
    /// <summary>The template's number, 0 to 5.</summary>
    public int Number { get; init; } = 3;

    /// <summary>Least probes per second (<c>--min-rate</c>).</summary>
    public double? MinRate { get; init; }

    /// <summary>Most probes per second (<c>--max-rate</c>, <c>--rate</c>).</summary>
    public double? MaxRate { get; init; }

    /// <summary>
    /// The ceiling per /24 and /64 on routed paths, probes per second (<c>--prefix-rate</c>); <c>null</c> for
    /// <see cref="UsualPrefixRate"/>, which yields to a rate that a person names and to answers that show that the path takes more.
    /// </summary>
    public double? RoutedPrefixRate { get; init; }

    /// <summary>The ceiling per /24 and /64 by default: <c>-T4</c> and <c>-T5</c> are for networks that bear more.</summary>
    public double UsualPrefixRate { get; init; } = 10_000;

    /// <summary>The ceiling of all probes, when so much of them goes to one routed /24 or /64.</summary>
    /// <param name="share">Above 0, to 1.</param>
    public double PrefixRateFor(double share) =>
        RoutedPrefixRate is { } rate ? rate / share : Math.Max(UsualPrefixRate / share, MaxRate ?? 0);

    /// <summary>Least time between two probes to a host (<c>--scan-delay</c>).</summary>
    public TimeSpan ScanDelay { get; init; }

    /// <summary>Most time the pace may put between two probes to a host (<c>--max-scan-delay</c>).</summary>
    public TimeSpan MaxScanDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Most repeated probes of a port (<c>--max-retries</c>).</summary>
    public int MaxRetries { get; init; } = 10;

    /// <summary>Time after which a host is given up (<c>--host-timeout</c>); zero for none.</summary>
    public TimeSpan HostTimeout { get; init; }

    /// <summary>Shortest wait for a reply.</summary>
    public TimeSpan MinRoundTripTimeout { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>First wait for a reply, before anything was measured.</summary>
    public TimeSpan InitialRoundTripTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Longest wait for a reply.</summary>
    public TimeSpan MaxRoundTripTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Least and most attempts in flight (<c>--min-parallelism</c>, <c>--max-parallelism</c>); 0 for the engine's choice.
    /// </summary>
    public int MinParallelism { get; init; }

    /// <summary>See <see cref="MinParallelism"/>.</summary>
    public int MaxParallelism { get; init; }

    /// <summary>Hosts scanned together (<c>--min-hostgroup</c>, <c>--max-hostgroup</c>); 0 for the engine's choice.</summary>
    public int MinHostGroup { get; init; }

    /// <summary>See <see cref="MinHostGroup"/>.</summary>
    public int MaxHostGroup { get; init; }

    /// <summary>The run ends after this with what it has (<c>--max-time</c>); zero for no end.</summary>
    public TimeSpan MaxTime { get; init; }

    /// <summary>The settings of <c>-T0</c> to <c>-T5</c>.</summary>
    public static TimingSettings Template(int number) => number switch
    {
        0 => new()
        {
            Number = 0,
            ScanDelay = TimeSpan.FromMinutes(5),
            MaxParallelism = 1,
            InitialRoundTripTimeout = TimeSpan.FromMinutes(5),
            MaxRoundTripTimeout = TimeSpan.FromMinutes(5),
        },
        1 => new()
        {
            Number = 1,
            ScanDelay = TimeSpan.FromSeconds(15),
            MaxParallelism = 1,
            InitialRoundTripTimeout = TimeSpan.FromSeconds(15),
            MaxRoundTripTimeout = TimeSpan.FromSeconds(15),
        },
        2 => new() { Number = 2, ScanDelay = TimeSpan.FromMilliseconds(400), MaxParallelism = 1 },
        4 => new()
        {
            Number = 4,
            UsualPrefixRate = 20_000,
            MaxScanDelay = TimeSpan.FromMilliseconds(10),
            MaxRetries = 6,
            InitialRoundTripTimeout = TimeSpan.FromMilliseconds(500),
            MaxRoundTripTimeout = TimeSpan.FromMilliseconds(1250),
        },
        5 => new()
        {
            Number = 5,
            UsualPrefixRate = 50_000,
            MaxScanDelay = TimeSpan.FromMilliseconds(5),
            MaxRetries = 2,
            HostTimeout = TimeSpan.FromMinutes(15),
            MinRoundTripTimeout = TimeSpan.FromMilliseconds(50),
            InitialRoundTripTimeout = TimeSpan.FromMilliseconds(250),
            MaxRoundTripTimeout = TimeSpan.FromMilliseconds(300),
        },
        _ => new(),
    };
}
