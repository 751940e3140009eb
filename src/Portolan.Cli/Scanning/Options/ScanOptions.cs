using System.CommandLine;
using Portolan.Cli.Storing;
using Portolan.Scan.Engine;

namespace Portolan.Cli.Scanning.Options;

/// <summary>All options of <c>scan</c> and what they mean together.</summary>
internal sealed class ScanOptions
{
    /// <summary>Which hosts, and names.</summary>
    public HostOptions Targets { get; } = new();

    public PortOptions Ports { get; } = new();

    /// <summary>How ports are probed.</summary>
    public TechniqueOptions Techniques { get; } = new();

    /// <summary>What open ports are.</summary>
    public ServiceOptions Services { get; } = new();

    /// <summary>The way to hosts.</summary>
    public TraceOptions Traces { get; } = new();

    /// <summary>How hosts are found.</summary>
    public DiscoveryOptions Discovery { get; } = new();

    /// <summary>Pace and patience.</summary>
    public TimingOptions Timing { get; } = new();

    /// <summary>How packets leave.</summary>
    public SendingOptions Sending { get; } = new();

    /// <summary>What connections pass.</summary>
    public ProxyOptions Proxies { get; } = new();

    /// <summary>What is printed.</summary>
    public OutputOptions Output { get; } = new();

    public Option<string?> Store { get; } = StoreOption.ForAdding();

    public RunOptions Run { get; } = new();

    /// <summary>Who scans.</summary>
    public FleetOptions Fleet { get; } = new();

    /// <summary>Reads a parsed command line.</summary>
    /// <exception cref="Portolan.Model.PortolanException">Options that contradict each other, or a value that is none.</exception>
    public ScanRequest Read(ParseResult parsed, bool json, DateTimeOffset now)
    {
        var technique = Techniques.Read(parsed);
        var sending = Sending.Read(parsed, technique);
        var services = Services.Read(parsed, technique);
        var request = new ScanRequest
        {
            Targets = Targets.Read(parsed),
            Ports = Ports.Read(parsed, technique),
            Technique = technique,
            Services = services,
            Discovery = Discovery.Read(parsed, technique),
            Timing = Timing.Read(parsed),
            Sending = sending,
            Proxies = Proxies.Read(parsed, technique),
            Traceroute = Traces.Read(parsed, technique, sending, services.Word == "-A"),
            Output = Output.Read(parsed, json, now),
            Run = Run.Read(parsed),
            IsStored = parsed.GetResult(Store) is not null,
            Store = parsed.GetValue(Store),
            Fleet = Fleet.Read(parsed, NotOfFleet, Timing.MaxRetries),
        };
        if (request.IsStored && (request.Technique.ListOnly || request.Run.FromXml is not null))
        {
            throw ScanErrors.Usage(
                $"--store saves a scan's results, but {(request.Technique.ListOnly ? "-sL" : "--from-xml")} sends nothing",
                $"leave out --store; portolan history import FILE stores a file");
        }

        request.Proxies?.Demand(request);
        return request;
    }

    // Agents choose how they probe; names would mean another address at each.
    private IEnumerable<Option> NotOfFleet =>
    [
        .. Techniques.NotOfFleet, .. Services.Options, .. Traces.Options, .. Discovery.NotOfFleet, .. Timing.NotOfFleet, .. Sending.Options,
        .. Proxies.Options, .. Run.NotOfFleet, .. Targets.NotOfFleet, Ports.Sequential, Output.PacketTrace,
    ];
}

/// <summary>What a command line asks for.</summary>
internal sealed record ScanRequest
{
    /// <summary>Which hosts, and names.</summary>
    public required TargetRequest Targets { get; init; }

    public required PortRequest Ports { get; init; }

    /// <summary>How ports are probed.</summary>
    public required TechniqueRequest Technique { get; init; }

    /// <summary>What open ports are.</summary>
    public required ServiceRequest Services { get; init; }

    /// <summary>How hosts are found.</summary>
    public required DiscoverySettings Discovery { get; init; }

    /// <summary>Pace and patience.</summary>
    public required TimingSettings Timing { get; init; }

    /// <summary>The way to each host is traced (<c>--traceroute</c>).</summary>
    public bool Traceroute { get; init; }

    /// <summary>How packets leave.</summary>
    public required SendingRequest Sending { get; init; }

    /// <summary>The proxies that connections pass; <c>null</c> for none (<c>--proxies</c>).</summary>
    public ProxyRequest? Proxies { get; init; }

    /// <summary>What is printed.</summary>
    public required OutputRequest Output { get; init; }

    public required RunRequest Run { get; init; }

    /// <summary>The result is added to the store (<c>--store</c>).</summary>
    public bool IsStored { get; init; }

    /// <summary>The store's file as it was named; <c>null</c> for this user's.</summary>
    public string? Store { get; init; }

    /// <summary>The fleet that scans; <c>null</c> for this machine.</summary>
    public FleetRequest? Fleet { get; init; }
}
