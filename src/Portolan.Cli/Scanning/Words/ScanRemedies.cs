namespace Portolan.Cli.Scanning.Words;

/// <summary>
/// What nmap and masscan have and <c>scan</c> has not: each is refused by name, with what to run instead. docs/scan.md has the table.
/// </summary>
internal static class ScanRemedies
{
    /// <summary>
    /// What to run instead, for known options and for words of a known family such as <c>-sQ</c>; <c>null</c> for an unknown word.
    /// </summary>
    public static Advice? Find(string option) => OfKnown(option) ?? OfFamily(option);

    private static Advice? OfFamily(string option) => option switch
    {
        ['-', 's', ..] => $"scan types are -sS -sT -sU -sA -sN -sF -sX, and -sn and -sL",
        ['-', 'P', ..] => $"host discovery is -Pn -PE -PP -PS -PA -PU, with ports attached: -PS22,80",
        ['-', 'o', ..] => $"output options are -oN -oX -oG -oJ and -oA, each with a FILE",
        ['-', 'i', ..] => $"-iL FILE reads a target list",
        _ => null,
    };

    /// <summary>What to run instead, or <c>null</c> for an option neither of them has.</summary>
    public static Advice? OfKnown(string option)
    {
        var name = option.Split('=')[0].Replace('_', '-');
        return name switch
        {
            "-V" or "--version" => $"run portolan version",
            "--versiondb" => $"the probes of -sV are built in; leave it out",
            "--script-help" => $"portolan scan --list-facts lists the questions of each fact of -sC",
            "--script-args" or "--script-args-file" => $"the facts of --script take no arguments; leave it out",
            "--script-trace" => $"use --version-trace, which prints each question",
            "--script-timeout" => $"a fact takes at most 6 s and all facts of a port 20 s; to limit a host use --host-timeout",
            "--script-updatedb" => $"facts are built in; leave it out",
            "-O" or "--osscan-limit" or "--osscan-guess" or "--fuzzy" or "--max-os-tries" =>
                $"Portolan does not detect operating systems; use nmap -O on the hosts found",
            "-D" => $"decoys are not supported: probes come from this host only; leave out -D",
            "-f" or "--mtu" or "--ff" => $"packets are not fragmented; leave it out, or use nmap -f",
            "-sI" => $"idle scans are not supported; use -sS, which shows this host's own view",
            "-b" => $"FTP bounce scans are not supported; use -sS or -sT",
            "--spoof-mac" => $"frames carry the interface's own address; to change it: ip link set dev IFACE address MAC",
            "--badsum" or "--adler32" => $"checksums are always correct; use nmap --badsum for wrong ones",
            "--ip-options" => $"packets carry no IP options; use nmap --ip-options",
            "--data" or "--data-string" => $"to make packets longer use --data-length N",
            "-iR" => $"random targets are not supported; name networks, or give a file with -iL FILE",
            "-sW" => $"use -sA, which distinguishes filtered from unfiltered ports",
            "-sM" => $"use -sF, -sN or -sX",
            "-sY" or "-sZ" or "-PY" => $"SCTP is not scanned; use nmap -sY",
            "-sO" or "-PO" => $"IP protocols are not scanned; use nmap -sO",
            "-PM" => $"modern hosts do not answer netmask requests; use -PE or -PP",
            "--port-ratio" => $"use --top-ports N or -F; their help states the share of open ports",
            "--servicedb" or "--datadir" => $"names come from the IANA registry; for a newer copy run portolan port --update FILE",
            "--discovery-ignore-rst" => $"choose probes that do not provoke RSTs: -PE -PP -PU",
            "" +
            "--defeat-rst-ratelimit" => $"a host that limits its RSTs is probed more slowly automatically; to see "
                + $"open ports only use --open",
            "--defeat-icmp-ratelimit" =>
                $"a host that limits its ICMP errors is probed more slowly automatically; to limit the time use " +
                $"--host-timeout or --max-retries",
            "--nsock-engine" => $"leave it out: Portolan has one connection engine",
            "-oS" => $"use -oN, -oX, -oG or -oJ",
            "-I" => $"identd is not queried; leave it out",
            "-q" => $"leave it out",
            "--thc" or "--log-errors" or "--deprecated-xml-osclass" or "--route-dst" => $"leave it out",
            _ => null,
        };
    }
}
