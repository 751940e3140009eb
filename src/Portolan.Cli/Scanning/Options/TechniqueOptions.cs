using System.CommandLine;
using Portolan.Scan.Engine;

namespace Portolan.Cli.Scanning.Options;

/// <summary>The options that say how ports are probed.</summary>
internal sealed class TechniqueOptions
{
    private readonly (Option<bool> Option, TcpTechnique Technique)[] _tcp =
    [
        (ScanOptionKinds.Spelled("--syn", "-sS", "SYN scan: half-open, fast; needs CAP_NET_RAW and is then the default"),
            TcpTechnique.Syn),
        (ScanOptionKinds.Spelled("--connect", "-sT", "connect scan: full connections, without privilege; otherwise the default"),
            TcpTechnique.Connect),
        (ScanOptionKinds.Spelled("--ack", "-sA", "ACK scan: distinguishes filtered from unfiltered ports"), TcpTechnique.Ack),
        (ScanOptionKinds.Spelled("--null", "-sN", "null scan: no flags"), TcpTechnique.Null),
        (ScanOptionKinds.Spelled("--fin", "-sF", "FIN scan"), TcpTechnique.Fin),
        (ScanOptionKinds.Spelled("--xmas", "-sX", "Xmas scan: FIN, PSH and URG"), TcpTechnique.Xmas),
    ];

    private readonly Option<bool> _udp =
        ScanOptionKinds.Spelled("--udp", "-sU", "UDP scan; can be combined with one of the above; without privilege by connected sockets");
    private readonly Option<string[]> _flags = ScanOptionKinds.Value(
        "" +
        "--scanflags", "FLAGS", "TCP flags of the probe, e.g. SYNFIN or 0x29; answers are interpreted as for -sS, "
            + "or as for the given type");
    private readonly Option<bool> _noPorts = ScanOptionKinds.Spelled("--no-port-scan", "-sn", "no ports: only find the hosts that are up");
    private readonly Option<bool> _list =
        ScanOptionKinds.Spelled("--list-targets", "-sL", "only list the targets; nothing is sent to them");

    private readonly Option<bool> _ownStack = ScanOptionKinds.Flag(
        "--own-stack",
        "after a SYN scan, complete a handshake with each open port by the scanner's own TCP stack; needs CAP_NET_RAW and CAP_NET_ADMIN");

    private readonly Option<bool> _banners = ScanOptionKinds.Flag(
        "--banners", "banners of open TCP ports: connect, send nothing, wait up to 5 s for at most 1,024 bytes");

    /// <summary>All, in the order of help.</summary>
    public Option[] Options =>
        [_tcp[0].Option, _tcp[1].Option, _udp, _noPorts, _list, .. _tcp[2..].Select(t => t.Option), _flags, _ownStack, _banners];

    /// <summary>Those that the agents of a fleet do not follow.</summary>
    public IEnumerable<Option> NotOfFleet => Options.Where(option => option != _udp);

    /// <summary>Reads them.</summary>
    public TechniqueRequest Read(ParseResult parsed)
    {
        Option<bool>? named = null;
        var technique = TcpTechnique.None;
        foreach (var (option, value) in _tcp)
        {
            if (!parsed.GetValue(option))
            {
                continue;
            }

            if (named is not null)
            {
                throw ScanErrors.Usage(
                    $"{ScanOptionKinds.CalledBy(named)} and {ScanOptionKinds.CalledBy(option)} are both TCP scan types",
                    $"give one of them; -sU can be added to any");
            }

            (named, technique) = (option, value);
        }

        var udp = parsed.GetValue(_udp);
        byte? flags = parsed.Last(_flags) is { } text ? ScanValues.TcpFlags("--scanflags", text) : null;
        if (flags is not null && technique == TcpTechnique.Connect)
        {
            throw ScanErrors.Usage(
                "--scanflags cannot be combined with -sT: the system chooses the flags of a connection", $"leave out -sT");
        }

        var request = new TechniqueRequest
        {
            Named = named is null && flags is null && !udp
                ? null
                : technique == TcpTechnique.None && flags is not null ? TcpTechnique.Syn : technique,
            NamedBy = named is not null ? ScanOptionKinds.CalledBy(named) : flags is not null ? "--scanflags" : null,
            Udp = udp,
            TcpFlags = flags,
            DiscoveryOnly = parsed.GetValue(_noPorts),
            ListOnly = parsed.GetValue(_list),
            OwnStack = parsed.GetValue(_ownStack),
            Banners = parsed.GetValue(_banners),
        };
        if (request.DiscoveryOnly && request.ListOnly)
        {
            throw ScanErrors.Usage("-sn and -sL exclude each other: -sL sends nothing", $"give one of them");
        }

        if ((request.DiscoveryOnly || request.ListOnly) && request.Named is not null)
        {
            var type = request.NamedBy ?? "-sU";
            throw ScanErrors.Usage(
                request.ListOnly
                    ? $"{type} cannot be combined with -sL, which sends nothing"
                    : $"{type} cannot be combined with -sn, which scans no ports",
                $"leave out {type}, or {(request.ListOnly ? "-sL" : "-sn")}");
        }

        if (request.OwnStack)
        {
            DemandSyn(request);
        }

        if (request.Banners)
        {
            DemandOpenPorts(request);
        }

        return request;
    }

    // Only where a scan finds open TCP ports is there somebody to hear.
    private static void DemandOpenPorts(TechniqueRequest request)
    {
        var other = request switch
        {
            { DiscoveryOnly: true } => "-sn, which scans no ports",
            { ListOnly: true } => "-sL, which sends nothing",
            { Named: TcpTechnique.None } => "-sU alone: no TCP port is scanned",
            { Named: not (null or TcpTechnique.Syn or TcpTechnique.Connect) } => $"{request.NamedBy}, which proves no port open",
            _ => null,
        };
        if (other is not null)
        {
            throw ScanErrors.Usage(
                $"--banners cannot be combined with {other}", $"it works with -sS and -sT, one of which is the default: {Remedy(request)}");
        }
    }

    private static Advice Remedy(TechniqueRequest request) =>
        request.Named == TcpTechnique.None ? Advice.Of($"leave out one of the two, or add -sS to -sU") : $"leave out one of the two";

    // Only what a SYN scan finds open has handshakes to complete.
    private static void DemandSyn(TechniqueRequest request)
    {
        var other = request switch
        {
            { Named: TcpTechnique.Connect } => "-sT, which uses kernel connections",
            { TcpFlags: not null } => "--scanflags, whose probes get no SYN-ACK",
            { Named: TcpTechnique.None } => "-sU alone: no TCP port is scanned",
            { Named: not (null or TcpTechnique.Syn) } => $"{request.NamedBy}, which proves no port open",
            { DiscoveryOnly: true } => "-sn, which scans no ports",
            { ListOnly: true } => "-sL, which sends nothing",
            _ => null,
        };
        if (other is not null)
        {
            throw ScanErrors.Usage(
                $"--own-stack cannot be combined with {other}", $"it works with -sS, which is the default: {Remedy(request)}");
        }
    }
}

/// <summary>How ports are probed.</summary>
internal sealed record TechniqueRequest
{
    /// <summary>
    /// The TCP technique that was named; <see cref="TcpTechnique.None"/> when only UDP was; <c>null</c> when nothing was.
    /// </summary>
    public TcpTechnique? Named { get; init; }

    /// <summary>The option that named the TCP technique, as people write it.</summary>
    public string? NamedBy { get; init; }

    /// <summary><c>-sU</c>.</summary>
    public bool Udp { get; init; }

    /// <summary><c>--scanflags</c>.</summary>
    public byte? TcpFlags { get; init; }

    /// <summary><c>-sn</c>.</summary>
    public bool DiscoveryOnly { get; init; }

    /// <summary><c>-sL</c>.</summary>
    public bool ListOnly { get; init; }

    /// <summary><c>--banners</c>.</summary>
    public bool Banners { get; init; }

    /// <summary><c>--own-stack</c>.</summary>
    public bool OwnStack { get; init; }
}
