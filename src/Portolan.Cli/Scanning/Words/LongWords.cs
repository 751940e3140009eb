namespace Portolan.Cli.Scanning.Words;

/// <summary>
/// The long options of <c>scan</c> as the normaliser knows them: which take a value, and nmap's and masscan's other names for them.
/// </summary>
internal static class LongWords
{
    /// <summary>Options with a value.</summary>
    private static readonly HashSet<string> Valued = new(StringComparer.Ordinal)
    {
        "input-list", "exclude", "excludefile", "ports", "exclude-ports", "top-ports", "dns-servers", "seed", "shard", "scanflags",
        "timing", "min-rate", "max-rate", "scan-delay", "max-scan-delay", "max-retries", "host-timeout", "min-rtt-timeout",
        "max-rtt-timeout",
        "initial-rtt-timeout", "fingerprints", "script",
        "min-parallelism", "max-parallelism", "min-hostgroup", "max-hostgroup", "prefix-rate", "max-time",
        "interface", "source", "source-port", "ttl", "data-length", "output-normal", "output-xml", "output-grepable", "output-json",
        "output-all",
        "stylesheet", "version-intensity", "stats-every", "journal", "store", "resume", "from-xml", "color",
        "proxies", "proxies-file", "vantage", "fleet-config",
    };

    /// <summary>Options without one, or whose value is only ever attached.</summary>
    private static readonly HashSet<string> Flags = new(StringComparer.Ordinal)
    {
        "list-targets", "no-port-scan", "no-discovery", "ping-echo", "ping-timestamp", "ping-syn", "ping-ack", "ping-udp", "ping-arp",
        "disable-arp-ping", "traceroute", "no-dns",
        "resolve-names", "resolve-all", "system-dns", "unique", "syn", "connect", "own-stack", "banners", "services", "facts", "aggressive",
        "list-facts",
        "version-light", "version-all", "version-trace", "allports", "ack", "null", "fin", "xmas", "udp", "fast", "sequential", "ipv4",
        "ipv6", "send-eth", "send-ip", "privileged", "unprivileged", "verbose", "debugging", "reason", "open", "all-states",
        "append-output", "packet-trace",
        "webxml", "no-stylesheet", "iflist", "noninteractive", "no-journal", "yes", "randomize-hosts", "release-memory", "json",
        "ascii", "debug",
        "help", "fleet",
    };

    /// <summary>Other names, each with the option's own.</summary>
    private static readonly Dictionary<string, string> Others = new(StringComparer.Ordinal)
    {
        ["rate"] = "max-rate",
        ["proxy"] = "proxies",
        ["exclude-file"] = "excludefile",
        ["source-ip"] = "source",
        ["adapter"] = "interface",
        ["rH"] = "randomize-hosts",
        ["exclude-port"] = "exclude-ports",
        ["port"] = "ports",
        ["iL"] = "input-list",
        ["oN"] = "output-normal",
        ["oX"] = "output-xml",
        ["oG"] = "output-grepable",
        ["oM"] = "output-grepable",
        ["oJ"] = "output-json",
        ["oA"] = "output-all",
    };

    /// <summary>The option a name means; <c>null</c> for none.</summary>
    public static string? Find(string name) =>
        Valued.Contains(name) || Flags.Contains(name) ? name : Others.GetValueOrDefault(name);

    /// <summary>Whether the next word is the option's value.</summary>
    public static bool TakesValue(string name) => Valued.Contains(name);

    /// <summary>Every name this knows, for the test that compares it with the command's options.</summary>
    public static IEnumerable<string> All => Valued.Concat(Flags);
}
