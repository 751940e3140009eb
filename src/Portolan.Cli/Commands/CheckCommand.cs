using System.CommandLine;
using System.Globalization;
using Portolan.Cli.Checking;
using Portolan.Cli.Hosting;
using Portolan.Cli.Storing;
using Portolan.Forwarding.Grammar;
using Portolan.Model;
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
            "http://…, https://…, HOST:PORT, [IPV6]:PORT, tcp://HOST:PORT, tls://HOST:PORT, udp://HOST:PORT, redis://HOST and other protocols, dns://SERVER/NAME?type=TYPE",
        Arity = ArgumentArity.ZeroOrMore,
        DefaultValueFactory = static _ => [],
    };

    private readonly Option<string?> _file = new("--file", "-f")
    {
        Description = "also check the targets in FILE (- is stdin), one on each line, each followed by its own expectations, if any",
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
        Description = "resolve target names with these DNS servers instead of this host's",
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
            "do not identify services: HOST:PORT and tcp:// connect, listen and send nothing, other schemes send their own question only",
    };

    private readonly Option<string?> _redirects = new("--max-redirects")
    {
        Description = "follow at most N redirects (default 10); 0 shows the redirect itself",
        HelpName = "N",
    };

    private readonly Option<string?> _maxBody = new("--max-body")
    {
        Description = "read at most SIZE of the body of an answer (default 16M), and continue",
        HelpName = "SIZE",
    };

    private readonly Option<string?> _store = StoreOption.ForAdding();

    /// <summary>Builds the options.</summary>
    public CheckCommand()
        : base("check", "one connection, step by step: name, route, connect, TLS, HTTP")
    {
        Arguments.Add(_targets);
        Add("What to check", _file, _ipv4, _ipv6);
        Add("What must be", _expect, _junit, _watch);
        Add("The store", _store);
        Add("How", _noIdentify, _timeout, _dnsServers, _insecure, _sni, _redirects, _maxBody, _verbose);
    }

    /// <inheritdoc/>
    public override string Details =>
        """
        Each step is shown with its time and what was found: where the name's addresses came from, the route and our own address, every
        address that was tried (IPv6 and IPv4 race as in RFC 8305, the next after 250 ms), our port and the socket pair, the certificate
        and why it is not trusted, the answer. Each redirect is a connection of its own; a redirected check is a line for each connection,
        and -v shows the steps of all. A bare port shows the greeting of its server. A UDP port gets the first message of the protocol that
        usually lives there; silence proves nothing, and that is what is said.

        HOST:PORT, tcp:// and udp:// ports are then asked what they are, as scan -sV asks: ssh: OpenSSH 9.2p1. That begins on the same
        connection and ends 2 seconds after it was made at the latest; its time counts neither in all nor for within=. Nothing is sent to
        printers' ports, and industrial protocols get their own questions only. With --watch the first round asks. --no-identify asks
        nothing. The other schemes say the product where the bytes of their own steps carry it, and what answers in place of their server.

        A scheme such as redis://HOST, ssh://HOST or ntp://HOST checks that protocol, on its usual port or on another. Where the server
        speaks first, its greeting must come, and be of that protocol: smtp, ssh, ftp, imap, pop3, nntp, mysql, rsync, vnc and others;
        where several protocols greet alike, the next question decides. Elsewhere the first question of the protocol is sent, as scan
        -sV sends it, and the answer must be of that protocol. Silence, a closed connection and another protocol fail the check, and
        what came is shown. ldaps, rediss, smtps and others begin with TLS, as tls://HOST:PORT does; sip, stun, ntp, snmp and others are
        UDP, and ;transport=tcp changes sip and stun. No login is tried: a user and a password in such a URL are never sent, shown or
        stored, and its path and query are not used.

        The schemes:
        smtp, smtps, submission, submissions, ssh, sftp, ftp, ftps, imap, imaps, pop3, pop3s, nntp, nntps, mysql, mariadb, rsync, vnc,
        telnet, memcached, postgres, postgresql, redis, rediss, ldap, ldaps, amqp, amqps, mqtt, mqtts, mongodb, cassandra, clickhouse,
        oracle, mssql, sqlserver, kafka, nats, stomp, stomps, openwire, zookeeper, beanstalk, gearman, irc, ircs, xmpp, xmpps, sip,
        sips, rtsp, rtsps, rtmp, stun, stuns, lmtp, sieve, smb, rpc, kerberos, rdp, x11, socks5, socks4, git, svn, iscsi, nbd, ajp,
        fastcgi, uwsgi, epmd, rmi, zabbix, nrpe, munin, nut, clamd, spamd, distcc, mpd, gpsd, minecraft, mumble, gopher, gemini,
        finger, whois, dict, ident, ntp, snmp, tftp, coap, ike, openvpn, ipmi.

        A refusal is told from a firewall's: a host without a listener sends a reset, a firewall that rejects sends an ICMP message, and
        silence means a firewall that drops, or no host. What this host itself failed to do never counts as an answer.

        Without --expect a check must reach what its scheme asks for: a connection; for https also a trusted certificate; for http and
        https an answer below 500 whose body is as long as it says, as far as --max-body lets it be read; for udp and dns an answer; for
        redis and other protocols a greeting or an answer of that protocol. With --expect only that counts. In a file the words behind a
        target are what that target must show, in place of --expect. With --watch the first round is printed whole, and from then on a
        line for each target that came to something else.

        Proxies and the variables http_proxy and https_proxy are not used. Certificates are checked against this system's store, or
        SSL_CERT_FILE and SSL_CERT_DIR; revocation is not asked for, and nothing but the target is contacted.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan check https://example.com", "every step from the name to the answer"),
        new("portolan check db.example.com:5432 udp://ntp.example.com:123", "a TCP and a UDP port"),
        new("portolan check https://example.com --expect status=200 --expect tls-days=14+", "exits with 1 if not, for CI"),
        new("portolan check -f targets.txt --junit results.xml", "many targets, for a build server"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<ExitCodeMeaning> ExitCodes =>
    [
        new(ExitCode.Success, "every target was reached, or shows what was expected"),
        new(ExitCode.NothingFound, "a target was not reached, or does not show what was expected"),
        new(ExitCode.Usage, "the command line or the file is wrong; nothing was sent"),
        new(ExitCode.Failed, "this host could not check a target: no route, no free descriptor and the like"),
        .. ExitCodeMeaning.Signals,
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<string> SeeAlso => ["list", "who", "port"];

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
        var request = Read(parsed, context);
        var servers = parsed.GetValue(_dnsServers) is { } list ? DnsServer.ParseList(list) : null;
        return new CheckRun(request, CheckSetup.Make(request.Options, servers, context.Machine), context).Run(cancellationToken);
    }

    private CheckRequest Read(ParseResult parsed, CommandContext context)
    {
        var (four, six) = (parsed.GetValue(_ipv4), parsed.GetValue(_ipv6));
        var standard = new CheckOptions();
        var options = new CheckOptions
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
        return new CheckRequest(
            new TargetList(context).Read(parsed.GetValue(_targets)!, parsed.GetValue(_file), parsed.GetValue(_expect)!),
            options,
            parsed.GetValue(_junit),
            parsed.GetValue(_watch) is { } interval
                ? DurationText.Read("--watch", interval, TimeSpan.FromMilliseconds(100), TimeSpan.FromDays(1))
                : null,
            parsed.GetValue(_verbose))
        {
            Store = StoreOption.Read(parsed, _store, context),
        };
    }

    private static long ReadSize(string text) => RateText.TryParse(text, out var bytes)
        ? bytes
        : throw new PortolanException(
            $"--max-body takes 1K to 1024G, such as 16M, not '{TerminalText.Escape(text)}'",
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
