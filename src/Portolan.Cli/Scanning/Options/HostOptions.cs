using System.CommandLine;
using Portolan.Scan.Names;

namespace Portolan.Cli.Scanning.Options;

/// <summary>The options that say which hosts are scanned, and how names become addresses and addresses names.</summary>
internal sealed class HostOptions
{
    private readonly Option<string[]> _inputList = ScanOptionKinds.SpelledValue(
        "--input-list", "-iL", "FILE",
        "read targets from a file, separated by white space; # starts a comment; - for stdin");
    private readonly Option<string[]> _exclude =
        ScanOptionKinds.Value("--exclude", "TARGETS", "never scan these targets, separated by commas");
    private readonly Option<string[]> _excludeFile = ScanOptionKinds.Value("--excludefile", "FILE", "never scan the targets in a file");
    private readonly Option<bool> _resolveAll = ScanOptionKinds.Flag("--resolve-all", "scan every address of a name, not only the first");
    private readonly Option<bool> _ipv4 = ScanOptionKinds.Flag("--ipv4", "use the IPv4 addresses of names", "-4");
    private readonly Option<bool> _ipv6 = ScanOptionKinds.Flag("--ipv6", "use the IPv6 addresses of names", "-6");
    private readonly Option<bool> _noDns = ScanOptionKinds.Flag("--no-dns", "never look up the names of addresses", "-n");
    private readonly Option<bool> _reverse =
        ScanOptionKinds.Flag("--resolve-names", "look up the names of all targets, including those that are down", "-R");
    private readonly Option<string[]> _dnsServers =
        ScanOptionKinds.Value("--dns-servers", "SERVERS", "use these DNS servers: addresses separated by commas");
    private readonly Option<bool> _systemDns =
        ScanOptionKinds.Flag("--system-dns", "use the system's resolver for reverse lookups");
    private readonly Option<bool> _unique = ScanOptionKinds.Hidden(ScanOptionKinds.Flag(
        "--unique", "accepted; each address is always scanned once"));
    private readonly Option<bool> _randomize =
        ScanOptionKinds.Hidden(ScanOptionKinds.Flag("--randomize-hosts", "accepted; the order is always random"));

    public Argument<string[]> Targets { get; } = new("TARGET")
    {
        Description =
            "a name, address, network (192.0.2.0/24), octet ranges (192.0.2-3.1-20), or any of these with ports of its own (host:80,443)",
        Arity = ArgumentArity.ZeroOrMore,
        DefaultValueFactory = static _ => [],
    };

    /// <summary>The options about targets, in the order of help.</summary>
    public Option[] Choosing => [_inputList, _exclude, _excludeFile, _ipv4, _ipv6, _resolveAll, _unique, _randomize];

    /// <summary>The options about names, in the order of help.</summary>
    public Option[] Naming => [_noDns, _reverse, _dnsServers, _systemDns];

    /// <summary>Those that the agents of a fleet do not follow: they look up no name.</summary>
    public IEnumerable<Option> NotOfFleet => [_resolveAll, _reverse, _dnsServers, _systemDns];

    /// <summary>Reads them.</summary>
    public TargetRequest Read(ParseResult parsed)
    {
        var (ipv4, ipv6) = (parsed.GetValue(_ipv4), parsed.GetValue(_ipv6));
        var (noDns, reverse) = (parsed.GetValue(_noDns), parsed.GetValue(_reverse));
        if (noDns && reverse)
        {
            throw ScanErrors.Usage("-n and -R exclude each other", $"give one of them, or neither for the names of hosts that are up");
        }

        return new TargetRequest
        {
            Words = parsed.GetValue(Targets) ?? [],
            InputFiles = parsed.All(_inputList),
            Excludes = parsed.All(_exclude),
            ExcludeFiles = parsed.All(_excludeFile),
            ResolveAll = parsed.GetValue(_resolveAll),
            IPv4Names = ipv4 && !ipv6,
            IPv6Names = ipv6 && !ipv4,
            ReverseNames = noDns ? false : reverse ? true : null,
            DnsServers = Servers(parsed),
            SystemDns = parsed.GetValue(_systemDns),
        };
    }

    // Read once here, so that a wrong one is refused before anything else is done.
    private string? Servers(ParseResult parsed)
    {
        var lists = parsed.All(_dnsServers);
        if (lists.Length == 0)
        {
            return null;
        }

        var list = string.Join(',', lists);
        _ = DnsServer.ParseList(list, static _ => 0);
        return list;
    }
}

/// <summary>Which hosts, and how names are looked up.</summary>
internal sealed record TargetRequest
{
    /// <summary>The targets of the command line.</summary>
    public required IReadOnlyList<string> Words { get; init; }

    /// <summary>Files of targets; <c>-</c> is stdin.</summary>
    public required IReadOnlyList<string> InputFiles { get; init; }

    /// <summary>Lists of targets that are left out.</summary>
    public required IReadOnlyList<string> Excludes { get; init; }

    /// <summary>Files of targets that are left out.</summary>
    public required IReadOnlyList<string> ExcludeFiles { get; init; }

    /// <summary>All addresses of a name.</summary>
    public bool ResolveAll { get; init; }

    /// <summary>Names mean IPv4 addresses only.</summary>
    public bool IPv4Names { get; init; }

    /// <summary>Names mean IPv6 addresses only.</summary>
    public bool IPv6Names { get; init; }

    /// <summary>See <see cref="Portolan.Scan.Engine.ScanSettings.ReverseNames"/>.</summary>
    public bool? ReverseNames { get; init; }

    /// <summary>The DNS servers to ask, with commas; <c>null</c> for the system's.</summary>
    public string? DnsServers { get; init; }

    /// <summary>Reverse names come from the system's resolver.</summary>
    public bool SystemDns { get; init; }
}
