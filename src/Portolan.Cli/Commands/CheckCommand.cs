using System.CommandLine;
using System.Globalization;
using Portolan.Cli.Checking;
using Portolan.Cli.Hosting;
using Portolan.Cli.Storing;
using Portolan.Forwarding.Grammar;
using Portolan.Model;
using Portolan.Model.Invocation;
using Portolan.Scan.Checking;
using Portolan.Scan.Checking.Expectations;
using Portolan.Scan.Documents;
using Portolan.Scan.Names;
using Portolan.Watch.Checking;

namespace Portolan.Cli.Commands;

/// <summary><c>portolan check</c>: one connection, step by step.</summary>
public sealed class CheckCommand : PortolanCommand
{
    private const int MostRedirects = 50;

    private readonly Argument<string[]> _targets = new("TARGET")
    {
        Description =
            "http://…, https://…, HOST:PORT, [IPV6]:PORT, tcp://HOST:PORT, tls://HOST:PORT, udp://HOST:PORT, redis://HOST and other "
                + "protocols, dns://SERVER/NAME?type=TYPE",
        Arity = ArgumentArity.ZeroOrMore,
        DefaultValueFactory = static _ => [],
    };

    private readonly Option<string?> _file = new("--file", "-f")
    {
        Description = "also check the targets in FILE (- is stdin), one per line, each followed by its own expectations, if any",
        HelpName = "FILE",
    };

    private readonly Option<string[]> _expect = new("--expect")
    {
        Description = $"what each target must show: {ExpectationParser.Summary}; repeatable",
        HelpName = "WHAT",
        CompletionSources = { static _ =>
            ["open", "closed", "filtered", "reached", "status=200", "tls-days=14+", "tls=1.2+", "tls-trusted", "within=500ms"] },
        DefaultValueFactory = static _ => [],
    };

    private readonly Option<string?> _junit = new("--junit")
    {
        Description = "also write the results to FILE as JUnit XML",
        HelpName = "FILE",
    };

    private readonly Option<string?> _watch = new("--watch")
    {
        Description = "check again every TIME (default 10s) and print what changed, until Ctrl-C",
        HelpName = "TIME",
    };

    private readonly Option<string?> _timeout = new("--timeout")
    {
        Description = "time limit of each step (default 5s)",
        HelpName = "TIME",
    };

    private readonly Option<bool> _ipv4 = new("--ipv4", "-4") { Description = "use IPv4 addresses only" };

    private readonly Option<bool> _ipv6 = new("--ipv6", "-6") { Description = "use IPv6 addresses only" };

    private readonly Option<string?> _dnsServers = new("--dns-servers")
    {
        Description = "resolve target names with these DNS servers, not with this host's",
        HelpName = "ADDRESS,...",
    };

    private readonly Option<bool> _insecure =
        new("--insecure", "-k") { Description = "continue when a certificate is not trusted; its faults are still reported" };

    private readonly Option<string?> _sni = new("--sni")
    {
        Description = "send NAME as the TLS server name (SNI) and expect it in the certificate",
        HelpName = "NAME",
    };

    private readonly Option<bool> _verbose =
        new("--verbose", "-v") { Description = "show every step of each connection; without it a redirect takes one line" };

    private readonly Option<bool> _noIdentify = new(
        "--no-identify")
    {
        Description =
            "do not identify services: HOST:PORT and tcp:// connect, wait for a greeting and send nothing; other schemes "
                + "send only their own question",
    };

    private readonly Option<string?> _redirects = new("--max-redirects")
    {
        Description = "follow at most N redirects (default 10); 0 shows the redirect itself",
        HelpName = "N",
    };

    private readonly Option<string?> _maxBody = new("--max-body")
    {
        Description = "read at most SIZE of a response body (default 16M), and continue",
        HelpName = "SIZE",
    };

    private readonly Option<string?> _store = StoreOption.ForAdding();

    private readonly Option<string?> _vantages = new("--vantage")
    {
        Description = "check from these zones of a fleet, with commas between them, or from all; --expect ZONE:WHAT applies to one zone",
        HelpName = "ZONES",
    };

    private readonly Option<string?> _fleetConfig = new("--fleet-config")
    {
        Description = "the settings of the fleet; /etc/portolan/fleet.yaml by default",
        HelpName = "FILE",
    };

    /// <summary>Builds the options.</summary>
    public CheckCommand()
        : base("check", "one connection, step by step: name, route, connect, TLS, HTTP")
    {
        Arguments.Add(_targets);
        Add("What to check", _file, _ipv4, _ipv6);
        Add("What is required", _expect, _junit, _watch);
        Add("The store", _store);
        Add("From where", _vantages, _fleetConfig);
        Add("How", _noIdentify, _timeout, _dnsServers, _insecure, _sni, _redirects, _maxBody, _verbose);
    }

    /// <inheritdoc/>
    public override string Details =>
        """
        Each step is shown with its time and result: the source of the name's addresses, the route and our own address, every address
        tried (IPv6 and IPv4 race as in RFC 8305, the next after 250 ms), our port and the socket pair, the certificate and why it is not
        trusted, the response. Each redirect is a connection of its own; a redirected check prints one line per connection, and -v shows
        the steps of all. A bare port shows the greeting of its server. A UDP port receives the first message of the protocol that usually
        runs there; silence proves nothing, and the report says so.

        HOST:PORT, tcp:// and udp:// ports are then identified, as scan -sV does: ssh: OpenSSH 9.2p1. This starts on the same connection
        and ends at most 2 seconds later; its time is not part of the total or of within=. Printer ports receive nothing, and industrial
        protocols only their own questions. With --watch only the first round identifies. --no-identify disables it. The other schemes
        show the product if the bytes of their own steps contain it, and what answers instead of their server.

        A scheme like redis://HOST, ssh://HOST or ntp://HOST checks that protocol, on its usual port or on another. If the server speaks
        first, its greeting must arrive and belong to that protocol: smtp, ssh, ftp, imap, pop3, nntp, mysql, rsync, vnc and others; if
        several protocols share a greeting, the next question decides. Otherwise the first question of the protocol is sent, as scan -sV
        sends it, and the answer must belong to that protocol. Silence, a closed connection or another protocol fails the check, and the
        received bytes are shown. ldaps, rediss, smtps and others start with TLS, as tls://HOST:PORT does; sip, stun, ntp, snmp and others
        use UDP, and ;transport=tcp changes sip and stun. No login is attempted: the user and password of such a URL are never sent, shown
        or stored, and its path and query are ignored.

        The schemes:
        smtp, smtps, submission, submissions, ssh, sftp, ftp, ftps, imap, imaps, pop3, pop3s, nntp, nntps, mysql, mariadb, rsync, vnc,
        telnet, memcached, postgres, postgresql, redis, rediss, ldap, ldaps, amqp, amqps, mqtt, mqtts, mongodb, cassandra, clickhouse,
        oracle, mssql, sqlserver, kafka, nats, stomp, stomps, openwire, zookeeper, beanstalk, gearman, irc, ircs, xmpp, xmpps, sip,
        sips, rtsp, rtsps, rtmp, stun, stuns, lmtp, sieve, smb, rpc, kerberos, rdp, x11, socks5, socks4, git, svn, iscsi, nbd, ajp,
        fastcgi, uwsgi, epmd, rmi, zabbix, nrpe, munin, nut, clamd, spamd, distcc, mpd, gpsd, minecraft, mumble, gopher, gemini,
        finger, whois, dict, ident, ntp, snmp, tftp, coap, ike, openvpn, ipmi.

        A refusal differs from a firewall's: a host without a listener sends a reset, a firewall that rejects sends an ICMP message, and
        silence means a firewall that drops, or no host. Failures of this host itself never count as an answer.

        Without --expect a check must reach what its scheme requires: a connection; for https also a trusted certificate; for http and
        https a status below 500 and a body of the announced length, as far as --max-body allows; for udp and dns an answer; for redis and
        other protocols a greeting or answer of that protocol. With --expect only the expectations count. In a file, the words after a
        target are its expectations and replace --expect. With --watch the first round is printed whole; after that, each changed target
        prints one line.

        With --vantage the agents of a fleet check, each from its zone and within its own scope: who can reach it, from where. A name is
        resolved there. --expect WHAT then holds for each zone, --expect ZONE:WHAT for one; several may stand with commas between them.

        Proxies and the variables http_proxy and https_proxy are not used. Certificates are verified against the system store, or
        SSL_CERT_FILE and SSL_CERT_DIR; revocation is not checked, and only the target is contacted.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan check https://example.com", "every step from the name to the answer"),
        new("portolan check db.example.com:5432 udp://ntp.example.com:123", "a TCP and a UDP port"),
        new("portolan check https://example.com --expect status=200 --expect tls-days=14+", "exits with 1 if not, for CI"),
        new("portolan check -f targets.txt --junit results.xml", "many targets, for a build server"),
        new("portolan check db.example.com:5432 --vantage lan,dmz --expect lan:open,dmz:filtered", "by a fleet, from two sides"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<ExitCodeMeaning> ExitCodes =>
    [
        new(ExitCode.Success, "every target was reached, or meets its expectations"),
        new(ExitCode.NothingFound, "a target was not reached, or does not meet its expectations"),
        new(ExitCode.Usage, "the command line or the file is wrong; nothing was sent"),
        new(ExitCode.Failed, "this host could not check a target, e.g. no route or no free descriptor"),
        .. ExitCodeMeaning.Signals,
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<string> SeeAlso => ["list", "who", "port", "fleet"];

    /// <inheritdoc/>
    public override string JsonSchema => CheckDocument.Format;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Normalize(IReadOnlyList<string> args)
    {
        args = StoreOption.Normalize(args);
        var words = new List<string>(args.Count);
        for (var i = 0; i < args.Count; i++)
        {
            // No target looks like a time, so --watch 5s and --watch example.com:80 both mean what they say.
            var isTime = args[i] == "--watch" && i + 1 < args.Count && DurationText.TryParse(args[i + 1], out _);
            words.Add(isTime ? $"--watch={args[++i]}" : args[i] == "--watch" ? "--watch=10" : args[i]);
        }

        return words;
    }

    /// <inheritdoc/>
    public override Advice? Remedy(string name) => CheckRemedies.Find(name);

    /// <inheritdoc/>
    public override ExitCode Run(ParseResult parsed, CommandContext context, CancellationToken cancellationToken)
    {
        if (parsed.GetValue(_vantages) is { } zones)
        {
            return context.BecomeServer(ReadVantages(zones, parsed, context));
        }

        if (parsed.GetValue(_fleetConfig) is not null)
        {
            throw new PortolanException("--fleet-config is of use only with --vantage", $"add --vantage all", ExitCode.Usage);
        }

        var request = Read(parsed, context);
        var servers = parsed.GetValue(_dnsServers) is { } list ? DnsServer.ParseList(list) : null;
        return new CheckRun(request, CheckSetup.Make(request.Options, servers, context.Machine), context).Run(cancellationToken);
    }

    private CheckRunRequest Read(ParseResult parsed, CommandContext context) => new(
        new TargetList(context).Read(parsed.GetValue(_targets)!, parsed.GetValue(_file), parsed.GetValue(_expect)!),
        ReadOptions(parsed),
        parsed.GetValue(_junit),
        parsed.GetValue(_watch) is { } interval
            ? DurationText.Read("--watch", interval, TimeSpan.FromMilliseconds(100), TimeSpan.FromDays(1))
            : null,
        parsed.GetValue(_verbose))
    {
        Store = StoreOption.Read(parsed, _store, context),
    };

    private CheckOptions ReadOptions(ParseResult parsed)
    {
        var (four, six) = (parsed.GetValue(_ipv4), parsed.GetValue(_ipv6));
        var standard = new CheckOptions();
        return new CheckOptions
        {
            Timeout = parsed.GetValue(_timeout) is { } limit
                ? DurationText.Read("--timeout", limit, TimeSpan.FromMilliseconds(10), TimeSpan.FromHours(1))
                : standard.Timeout,
            UseIPv4 = four || !six,
            UseIPv6 = six || !four,
            AcceptUntrusted = parsed.GetValue(_insecure),
            ServerName = parsed.GetValue(_sni) is { } name ? ReadName(name) : null,
            Identify = !parsed.GetValue(_noIdentify),
            MostRedirects = parsed.GetValue(_redirects) is { } count ? ReadCount(count) : standard.MostRedirects,
            MaxBody = parsed.GetValue(_maxBody) is { } size ? ReadSize(size) : standard.MaxBody,
            UserAgent = $"portolan/{ProgramVersion.Read().Version}",
        };
    }

    // The agents check: what belongs to this host's own checks is refused.
    private FleetCheckInvocation ReadVantages(string zones, ParseResult parsed, CommandContext context)
    {
        foreach (var (option, instead) in ((Option, Advice)[])
        [
            (_watch, $"run it again, e.g. by a timer"), (_store, $"leave out --store; --json has all of it"),
            (_dnsServers, $"each agent asks its own; leave out --dns-servers"),
        ])
        {
            if (parsed.GetResult(option) is { Implicit: false })
            {
                throw new PortolanException($"{option.Name} cannot be combined with --vantage", instead, ExitCode.Usage);
            }
        }

        string[] names = [.. zones.Split(',').Distinct(StringComparer.Ordinal)];
        if (Array.Exists(names, static name => name.Length == 0))
        {
            throw new PortolanException(
                "--vantage has an empty name", $"write zones with a comma between them: --vantage lan,dmz", ExitCode.Usage);
        }

        names = names.Contains("all") ? ["all"] : names;
        var options = ReadOptions(parsed);
        return new FleetCheckInvocation
        {
            Config = parsed.GetValue(_fleetConfig) is not "" and var file ? file
                : throw new PortolanException("the value of --fleet-config is empty", $"name a file", ExitCode.Usage),
            Zones = names,
            Targets = new TargetList(context).ReadForZones(
                parsed.GetValue(_targets)!, parsed.GetValue(_file), parsed.GetValue(_expect)!, names),
            Timeout = options.Timeout,
            Family = options switch { { UseIPv4: false } => 6, { UseIPv6: false } => 4, _ => null },
            MostRedirects = options.MostRedirects,
            MaxBody = options.MaxBody,
            ServerName = options.ServerName,
            JUnit = parsed.GetValue(_junit),
            AcceptsUntrusted = options.AcceptUntrusted,
            DoesNotIdentify = !options.Identify,
            Json = context.Json,
            Debug = context.Debug,
        };
    }

    private static long ReadSize(string text) => RateText.TryParse(text, out var bytes)
        ? bytes
        : throw new PortolanException(
            $"--max-body takes 1K to 1024G, e.g. 16M, not '{TerminalText.Escape(text)}'",
            $"portolan check https://example.com --max-body 1M", ExitCode.Usage);

    private static int ReadCount(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count <= MostRedirects
        ? count
        : throw new PortolanException(
            $"--max-redirects must be 0 to {MostRedirects}, not '{text}'", $"portolan check https://example.com --max-redirects 0",
            ExitCode.Usage);

    // Read as a target's host is, so that the same names are right everywhere.
    private static string ReadName(string text) =>
        CheckTargetParser.TryParse($"{text}:443", out var target, out _) && target.Address is null
        ? target.Host
        : throw new PortolanException(
            $"--sni must be a host name, not '{text}'", $"portolan check https://192.0.2.1 --sni www.example.com", ExitCode.Usage);
}
