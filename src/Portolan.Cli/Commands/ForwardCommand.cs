using System.CommandLine;
using System.Globalization;
using Portolan.Cli.Forwarding;
using Portolan.Cli.Hosting;
using Portolan.Forwarding.Grammar;
using Portolan.Forwarding.Model;
using Portolan.Model;
using Portolan.Reachability.Explaining;

namespace Portolan.Cli.Commands;

/// <summary><c>portolan forward</c>: passes connections on to other ports, hosts and sockets.</summary>
public sealed class ForwardCommand : PortolanCommand
{
    private readonly Argument<string[]> _words = new("LISTEN TARGET")
    {
        Description =
            "where to listen, [ADDR:]PORT[-PORT][/udp] or unix:PATH, then the target, HOST[:PORT[-PORT]] or " +
            "unix:PATH, several separated by commas; any number of such pairs",
        Arity = ArgumentArity.ZeroOrMore,
        DefaultValueFactory = static _ => [],
    };

    private readonly Option<string[]> _local = new("--local", "-L")
    {
        Description = "a forward in ssh's form, [BIND:]PORT:HOST:HOSTPORT; without BIND on loopback only; repeatable",
        HelpName = "SPEC",
        DefaultValueFactory = static _ => [],
    };

    private readonly Option<string?> _file = new("--file", "-f")
    {
        Description =
            "also the forwards in FILE (- is stdin), one per line followed by its own options, or in rinetd's format",
        HelpName = "FILE",
    };

    private readonly Option<string[]> _allow = new("--allow")
    {
        Description = "accept clients from these addresses and networks only, separated by commas; others are reset; repeatable",
        HelpName = "CIDR,...",
        DefaultValueFactory = static _ => [],
    };

    private readonly Option<string?> _limit = new("--limit")
    {
        Description = "at most N concurrent connections per forward; more wait in the kernel's queue",
        HelpName = "N",
    };

    private readonly Option<string?> _newRate = new("--new-rate")
    {
        Description = "at most N new connections per second and forward; more wait in the kernel's queue",
        HelpName = "N",
    };

    private readonly Option<string?> _rate = new("--rate")
    {
        Description = "at most this many bytes per second in each direction of a forward, e.g. 500K or 10M",
        HelpName = "BYTES",
    };

    private readonly Option<bool> _proxyIn =
        new("--proxy-in") { Description = "each connection begins with a PROXY header (version 1 or 2) that names the client" };

    private readonly Option<string?> _proxyOut = new("--proxy-out")
    {
        Description = "send targets a PROXY header that names the client: v1 or v2",
        HelpName = "VERSION",
        CompletionSources = { static _ => ["v1", "v2"] },
    };

    private readonly Option<string?> _idle = new("--idle")
    {
        Description = "close connections idle for this long (default: never for TCP, 60s for UDP)",
        HelpName = "TIME",
    };

    private readonly Option<string?> _responses = new("--responses")
    {
        Description = "UDP: each client datagram gets N answers, then its flow ends (0: no answer); DNS is detected automatically",
        HelpName = "N",
    };

    private readonly Option<string?> _connectTimeout = new("--connect-timeout")
    {
        Description = "how long to wait for a target before the next is tried (default 5s)",
        HelpName = "TIME",
    };

    private readonly Option<string?> _drain = new("--drain")
    {
        Description = "how long open connections may continue after Ctrl-C or SIGTERM (default 10s); 0s for not at all",
        HelpName = "TIME",
    };

    private readonly Option<string?> _check = new("--check")
    {
        Description = "check each target as portolan check does: tcp, http[:/PATH] or https[:/PATH]; failed targets get no connections",
        HelpName = "WHAT",
        CompletionSources = { static _ => ["tcp", "http:/", "https:/"] },
    };

    private readonly Option<string?> _checkEvery = new("--check-every")
    {
        Description = "how often targets are checked (default 10s)",
        HelpName = "TIME",
    };

    private readonly Option<string?> _metrics = new("--metrics")
    {
        Description = "serve counters at GET /metrics on [ADDR:]PORT in Prometheus text format; without ADDR on loopback only",
        HelpName = "PORT",
    };

    private readonly Option<string?> _threads = new("--threads")
    {
        Description = "threads that move data (default: one per processor)",
        HelpName = "N",
    };

    private readonly Option<string?> _every = new("--every")
    {
        Description = "how often the live table is drawn (default 1s), or --json prints statistics (default 10s)",
        HelpName = "TIME",
    };

    private readonly Option<bool> _kernel = new("--kernel")
    {
        Description =
            "let the kernel forward packets by destination NAT, with rules and settings that are removed when " +
            "this command ends; needs root",
    };

    private readonly Option<bool> _keepSource = new("--keep-source")
    {
        Description = "with --kernel: targets see the clients' addresses; their replies must return through this host",
    };

    private readonly Option<bool> _restore =
        new("--restore") { Description = "only restore what a killed forward --kernel left behind" };

    private readonly Option<bool> _dryRun =
        new("--dry-run") { Description = "resolve everything, print the plan and whether each port is free, then exit" };

    /// <summary>Builds the options.</summary>
    public ForwardCommand()
        : base("forward", "port forwarding, TCP and UDP: to another port, host or Unix socket")
    {
        Arguments.Add(_words);
        Add("What to forward", _local, _file);
        Add("Who may connect, and how much", _allow, _limit, _newRate, _rate);
        Add("Who the client is", _proxyIn, _proxyOut);
        Add("Time", _idle, _responses, _connectTimeout, _drain);
        Add("Targets", _check, _checkEvery);
        Add("The kernel", _kernel, _keepSource, _restore);
        Add("How it runs", _metrics, _every, _threads, _dryRun);
    }

    /// <inheritdoc/>
    public override string Details =>
        """
        Each connection to LISTEN is forwarded to TARGET, byte by byte in both directions, until both ends have closed it or Ctrl-C. If
        one end closes its direction, the other continues; a reset is forwarded as a reset; a slow receiver slows the sender. A port
        without an address listens on every address, IPv4 and IPv6; after -L on loopback only, as with ssh. IPv4 and IPv6 can be forwarded
        to each other.

        With several targets, connections rotate among them. A failed target is skipped for one second, then two, up to thirty, and its
        connection moves to the next target. Names are resolved at the start and again every 30 seconds.

        Each UDP client has a flow of its own, which ends soon after its answers: for DNS, which is detected by its messages, or after as
        many as --responses allows; other flows end after silence. Lost datagrams are counted with the reason.

        If no descriptor is left, connections wait in the kernel's queue and a message says so; no accepted connection is lost. If a port
        is in use, its holder is shown as by portolan who. The forward ends with this program and leaves nothing behind. With -f FILE,
        SIGHUP reloads the file: forwards start, end and change while others continue, and a faulty file changes nothing; without a file
        SIGHUP does nothing.

        With --kernel no byte passes through this program: the kernel forwards the packets by a rule table that belongs to this process
        and disappears with it, even after a kill. Required settings, e.g. forwarding, are restored at the end; after a kill the next run
        of portolan forward restores them. No other traffic is forwarded because of them. portolan explain sees both kinds.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan forward 8080 web.example.com:80", "forward port 8080 of this host to port 80 of another"),
        new("portolan forward 127.0.0.1:5432 db1:5432,db2:5432 5353/udp 192.0.2.53:53", "two forwards, one with two targets"),
        new("portolan forward -L 8080:web.example.com:80 -L 5432:db:5432", "as with ssh, for this host only"),
        new("portolan forward 123/udp 192.0.2.123 --responses 1", "NTP: a UDP flow ends with its answer"),
        new("portolan forward --kernel 8080 192.0.2.7:80", "the kernel forwards packets"),
        new("portolan forward -f forwards.conf --json", "many forwards from a file; events as JSON Lines"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<ExitCodeMeaning> ExitCodes =>
    [
        new(ExitCode.Success, "with --dry-run: everything would work"),
        new(ExitCode.NothingFound, "with --dry-run: something would fail"),
        new(ExitCode.Usage, "the command line or the file is wrong; nothing was done"),
        new(ExitCode.Failed, "a port is taken, a name has no address, or the kernel refused; nothing was forwarded"),
        new(ExitCode.NoPrivilege, "a port needs a missing privilege"),
        .. ExitCodeMeaning.Signals.Where(static s => s.Code != ExitCode.HungUp),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<string> SeeAlso => ["who", "check", "explain", "ssh(1)", "socat(1)", "haproxy(1)"];

    /// <inheritdoc/>
    public override string JsonSchema => ForwardJson.Schema;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Normalize(IReadOnlyList<string> args)
    {
        var words = new List<string>(args.Count + 4);
        foreach (var word in args)
        {
            // ssh takes its forward attached too: -L8080:web:80.
            if (word.Length > 2 && word.StartsWith("-L", StringComparison.Ordinal) && word[2] != '=')
            {
                words.Add("-L");
                words.Add(word[2..]);
            }
            else
            {
                words.Add(word);
            }
        }

        return words;
    }

    /// <inheritdoc/>
    public override Advice? Remedy(string name) => name switch
    {
        "-R" or "-D" or "-W" => $"for remote forwards and proxies use ssh {name}",
        "-N" or "-g" or "-n" or "-T" => $"not needed: without -L Portolan listens on every address, and it never opens a shell",
        _ => ForeignWords.HintFor(name),
    };

    /// <inheritdoc/>
    public override ExitCode Run(ParseResult parsed, CommandContext context, CancellationToken cancellationToken)
    {
        if (parsed.GetValue(_restore))
        {
            return Restore(parsed, context);
        }

        return new ForwardRunner(Read(parsed, context), context).Run(cancellationToken);
    }

    private ExitCode Restore(ParseResult parsed, CommandContext context)
    {
        if (parsed.GetValue(_words)!.Length > 0 || parsed.GetValue(_local)!.Length > 0 || parsed.GetValue(_file) is not null)
        {
            throw new PortolanException(
                "--restore takes no other options or arguments", $"leave out --restore: a forward restores "
                    + $"automatically before it starts", ExitCode.Usage);
        }

        if (!ForwardRestore.Run(context, isAsked: true))
        {
            context.Error.WriteLine("portolan: nothing to restore: no forward left anything behind, or one is running");
        }

        return ExitCode.Success;
    }

    /// <summary>
    /// Where a port leads that a program of this command line listens on; <c>null</c> when it is no forward, or a file says so that may be
    /// another by now.
    /// </summary>
    internal static ForwardTargets? LeadsTo(IReadOnlyList<string>? commandLine, TransportProtocol protocol, PortNumber port)
    {
        if (commandLine is not { Count: > 2 } || commandLine[1] != "forward" || Path.GetFileName(commandLine[0]) != "portolan")
        {
            return null;
        }

        try
        {
            var command = new ForwardCommand();
            var parsed = command.Parse([.. commandLine.Skip(2)]);
            return command.ReadRanges(parsed, command.ReadOptions(parsed))
                .Where(r => r.First.Listen.Path is null && r.Protocol == protocol && r.Ports.Contains(port))
                .Select(r => r.At(port.Value - r.Ports.First.Value))
                .Select(s => new ForwardTargets(s.Listen.ToString(), string.Join(", ", s.Targets), s.Options.Allow))
                .FirstOrDefault();
        }
        catch (PortolanException)
        {
            return null;
        }
    }

    private List<ForwardRange> ReadRanges(ParseResult parsed, ForwardOptions options) =>
        [.. ForwardWords.ReadRanges(parsed.GetValue(_words)!, options),
            .. parsed.GetValue(_local)!.Select(word => SshWord.Read(word, options))];

    private ForwardRequest Read(ParseResult parsed, CommandContext context)
    {
        (InternetAddress? Address, PortNumber Port)? metrics = parsed.GetValue(_metrics) is { } place
            ? ListenText.Parse("--metrics", place)
            : null;
        return new ForwardRequest(
            ReadAll(parsed, metrics, context),
            parsed.GetValue(_drain) is { } drain
                ? DurationText.Read("--drain", drain, TimeSpan.Zero, DurationText.Longest)
                : TimeSpan.FromSeconds(10),
            parsed.GetValue(_threads) is { } threads ? ReadThreads(threads) : Math.Max(1, Environment.ProcessorCount),
            parsed.GetValue(_every) is { } every ? DurationText.Read("--every", every) : null,
            parsed.GetValue(_checkEvery) is { } checkEvery
                ? DurationText.Read("--check-every", checkEvery)
                : TimeSpan.FromSeconds(10),
            metrics,
            parsed.GetValue(_dryRun),
            parsed.GetValue(_kernel))
        {
            File = parsed.GetValue(_file),
            Reread = parsed.GetValue(_file) is null or "-" ? null : () => ReadAll(parsed, metrics, context),
        };
    }

    /// <summary>All forwards, of the command line and of the file.</summary>
    private List<ForwardSpec> ReadAll(ParseResult parsed, (InternetAddress? Address, PortNumber Port)? metrics, CommandContext context)
    {
        var options = ReadOptions(parsed);
        var ranges = ReadRanges(parsed, options);
        if (parsed.GetValue(_file) is { } file)
        {
            ranges.AddRange(ForwardFile.Read(ForwardFiles.Read(file, context), file == "-" ? "stdin" : file, options));
        }

        if (ranges.Count == 0)
        {
            throw new PortolanException("nothing to forward", $"portolan forward 8080 web.example.com:80", ExitCode.Usage);
        }

        if (!parsed.GetValue(_kernel) && ranges.Exists(r => r.Options.KeepsSource))
        {
            throw new PortolanException(
                "--keep-source needs --kernel: the relay sends from this host's own address",
                $"add --kernel, or send targets the client addresses with --proxy-out v2", ExitCode.Usage);
        }

        if (ranges.Exists(r => r.Options.Responses is not null)
            && !ranges.Exists(r => r.Options.Responses is not null && r.Protocol == TransportProtocol.Udp))
        {
            throw new PortolanException(
                "--responses needs a UDP forward",
                $"write the protocol after the port: portolan forward 123/udp 192.0.2.1:123 --responses 1", ExitCode.Usage);
        }

        ForwardConflicts.RefuseOverlap(ranges, metrics);
        return ForwardRange.Expand(ranges);
    }

    private ForwardOptions ReadOptions(ParseResult parsed)
    {
        var options = new ForwardOptions();
        foreach (var word in parsed.GetValue(_allow)!)
        {
            options = OptionWords.With(options, "--allow", word);
        }

        foreach (var option in new[] { _limit, _newRate, _rate, _proxyOut, _idle, _responses, _connectTimeout, _check })
        {
            if (parsed.GetValue(option) is { } value)
            {
                options = OptionWords.With(options, option.Name, value);
            }
        }

        return options with { ProxyIn = parsed.GetValue(_proxyIn), KeepsSource = parsed.GetValue(_keepSource) };
    }

    private static int ReadThreads(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count is > 0 and <= 256
        ? count
        : throw new PortolanException($"--threads takes 1 to 256, not '{TerminalText.Escape(text)}'", $"--threads 2", ExitCode.Usage);
}
