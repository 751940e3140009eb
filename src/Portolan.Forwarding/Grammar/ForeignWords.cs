namespace Portolan.Forwarding.Grammar;

/// <summary>
/// Options of other programs that pass connections on, with what stands for them here: HAProxy, nginx, socat, ssh, rinetd, traefik.
/// </summary>
public static class ForeignWords
{
    private static readonly Advice LooksIntoNoStream =
        $"forward does not inspect streams: to route by TLS server name use HAProxy, or nginx with ssl_preread";
    private static readonly Advice Turns =
        $"connections go to the targets in turn, skipping those that are down: portolan forward 8080 web1:80,web2:80";
    private static readonly Advice Places =
        $"a forward has two words, LISTEN and TARGET: portolan forward [ADDR:]PORT HOST:PORT";

    private static readonly Dictionary<string, Advice> Hints = Make(
        (LooksIntoNoStream, "--sni --host --hostname --tls --ssl --tls-terminate --cert --key --ca --crt --alpn --http --path --header"),
        (Turns,
            "--balance --balancer --lb --algorithm --algo --strategy --round-robin --leastconn --weight --weights --sticky "
                + "--hash --backup --failover"),
        ($"--allow names the allowed clients, others are refused; portolan block PORT --from ADDRS blocks single senders",
            "--deny --deny-from --reject --block --exclude --blacklist --denylist"),
        ($"--allow ADDR/PREFIX,... names the allowed clients", "--from --allow-from --source-range --whitelist --allowlist --range --acl"),
        ($"--limit, for one forward",
            "--max-connections --max-conn --maxconn --max-conns --max-clients --max-children --connections --max"),
        ($"--new-rate for new connections, --rate for bytes",
            "--rate-limit --limit-rate --throttle --bandwidth --bwlimit --conn-rate --rate-up --rate-down --upload-rate --download-rate"),
        ($"--idle for silence, --connect-timeout for targets, --drain for the end",
            "--timeout --idle-timeout --proxy-timeout --keepalive --ttl --grace"),
        ($"--responses N: a UDP flow ends after N answers", "--proxy-responses --proxy_responses --replies --answers"),
        ($"write the protocol after the port: portolan forward 53/udp 192.0.2.53:53",
            "--udp --tcp --protocol --proto -u --udp-listen --tcp-listen --sctp --mptcp --mode"),
        (Places,
            "--listen --bind --port --local-port --lport --to --target --remote --dest --destination --upstream --backend --server "
                + "--connect -l -p -b"),
        ($"--proxy-out v1 or v2 sends the client address to targets, --proxy-in reads it from a proxy in front",
            "--send-proxy --send-proxy-v2 --accept-proxy --proxy-protocol --proxy"),
        ($"--kernel --keep-source lets targets see the clients' addresses",
            "--transparent --tproxy --source --preserve-source --masquerade --snat --no-snat"),
        ($"--kernel has the kernel forward packets", "--nat --dnat --iptables --nftables --splice --zerocopy"),
        ($"--check tcp or --check http:/PATH checks each target periodically", "--health --health-check --healthcheck --probe"),
        ($"--threads N (default: one per processor)", "--workers --worker --nbthread --nbproc --fork --reuseport"),
        ($"-f FILE reads many forwards, and SIGHUP reloads it", "--config --conf -c --rules --reload"),
        ($"--json prints an event when each connection ends", "--log --access-log --syslog --logfile --verbose -v -vv"),
        ($"the table is on stdout, messages are on stderr: redirect either to /dev/null", "--quiet -q --silent"),
        ($"a failed target is skipped for the next one: portolan forward 8080 web1:80,web2:80",
            "--retry --retries --redispatch --max-fails"),
        ($"net.core.somaxconn limits the queue of a port", "--backlog --maxqueue"),
        ($"not needed: connections of an earlier run do not block the port", "--reuseaddr --reuse-addr --reuse"),
        ($"--dry-run resolves everything and changes nothing", "--dry --test -t --check-config --configtest"),
        ($"run it as a unit: systemd-run portolan forward LISTEN TARGET", "-d --daemon --daemonize --background --pidfile"));

    /// <summary>What stands for an option of another program here; <c>null</c> for one that is not known.</summary>
    /// <param name="name">Such as <c>--maxconn</c>.</param>
    public static Advice? HintFor(string name) => Hints.GetValueOrDefault(name);

    private static Dictionary<string, Advice> Make(params (Advice Hint, string Names)[] lines) =>
        lines.SelectMany(static l => l.Names.Split(' ').Select(name => (name, l.Hint))).ToDictionary(
            static p => p.name, static p => p.Hint, StringComparer.Ordinal);
}
