using System.CommandLine;
using System.Globalization;
using Portolan.Cli.Charting;
using Portolan.Cli.Hosting;
using Portolan.Cli.Lookup;
using Portolan.Cli.Output;
using Portolan.Linux;
using Portolan.Model;
using Portolan.Model.Documents;
using Portolan.Model.Registry;
using Portolan.Sockets.Binding;

namespace Portolan.Cli.Commands;

/// <summary><c>portolan free</c>: ports that are not in use, held or reserved.</summary>
public sealed class FreeCommand : PortolanCommand
{
    /// <summary>The name and version of the format.</summary>
    public const string Schema = "portolan.free/1";

    /// <summary>How many ports are tried for a command: others that look for one at the same time may take some of them.</summary>
    private const int Candidates = 16;

    private readonly Argument<string?> _range = new("range")
    {
        Description = "the range to search, e.g. 8000-8100 (default: ports below the ephemeral range that IANA has not assigned)",
        HelpName = "RANGE",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string?> _count = new("--count", "-c")
    {
        Description = "how many ports (default 1)",
        HelpName = "N",
    };

    private readonly Option<string?> _near = new("--near")
    {
        Description = "nearest to this port first; at equal distance the higher one",
        HelpName = "PORT",
    };

    private readonly Option<bool> _random = new("--random", "-r")
    {
        Description = "a random free port, so that concurrent scripts rarely choose the same one",
    };

    private readonly Option<string?> _protocol = new("--protocol", "-p")
    {
        Description = "free for tcp, udp or both (default both)",
        HelpName = "PROTO",
        CompletionSources = { static _ => ["tcp", "udp", "both"] },
    };

    private readonly Option<bool> _pass = new("--listen-fd")
    {
        Description = "with a command: pass it a listening socket as descriptor 3 (LISTEN_FDS), as systemd does",
    };

    /// <summary>What stands behind <c>--</c>: the parser does not see it.</summary>
    private IReadOnlyList<string> _command = [];

    /// <summary>Builds the options.</summary>
    public FreeCommand()
        : base("free", "ports that are not in use, held or reserved")
    {
        Arguments.Add(_range);
        Add("Which ports", _count, _near, _random, _protocol);
        Add("How to run a command", _pass);
    }

    /// <inheritdoc/>
    public override string Details =>
        """
        A port is free if no socket of this network namespace uses it as its local port, in any state (TIME-WAIT too) and on any address,
        if net.ipv4.ip_local_reserved_ports does not list it, and if a bind to it succeeds on 0.0.0.0 and on [::]. The binds are real, and
        released at once. Another program may still take the port before you do.

        Without RANGE and --near, the result is the lowest ports from 1024 up to this host's ephemeral range that IANA assigns to no
        service: a port in the ephemeral range may go to an outgoing connection at any moment. With RANGE or --near the choice is yours,
        and assigned and ephemeral ports count too. Ports that this user may not bind are never printed.

        portolan free [RANGE] -- COMMAND {} runs a command with a port, a random one of the range unless --near is given: {} in its words
        is replaced by the port. A TCP port is reserved until the command listens, by a socket that is bound but does not listen; a
        program that sets SO_REUSEADDR, as servers do, can bind beside it. A program that does not, and exits with an error before it
        listens, is run once more with the port released. With --listen-fd the command receives a socket that listens already. stderr
        shows which happened. The exit code is the command's own, or 128 plus the signal number if a signal ended it.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan free", "one port for a server of your own"),
        new("portolan free 8000-8100 --count 3", "three ports of a range"),
        new("portolan free --random", "any free port: for scripts that run side by side"),
        new("portolan free -- python3 -m http.server {}", "run a server on a port reserved for it"),
        new("portolan free --near 8080 --protocol tcp", "the TCP port nearest to 8080"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<ExitCodeMeaning> ExitCodes =>
        ExitCodeMeaning.Finder("all requested ports were printed", "fewer ports were found, or none");

    /// <inheritdoc/>
    public override IReadOnlyList<string> SeeAlso => ["who", "port"];

    /// <inheritdoc/>
    public override string JsonSchema => Schema;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Normalize(IReadOnlyList<string> args)
    {
        var words = args.ToList();
        if (words.IndexOf("--") is not (>= 0 and var at))
        {
            return args;
        }

        _command = words[(at + 1)..];
        return words[..at];
    }

    /// <inheritdoc/>
    public override ExitCode Run(ParseResult parsed, CommandContext context, CancellationToken cancellationToken)
    {
        var search = Read(parsed, context);
        CheckCommand(parsed, context);
        var takenAt = context.Clock.GetUtcNow();
        var snapshot = context.Machine.Survey().ForFreePorts(search.Protocols, cancellationToken);
        var used = FreePorts.Used(snapshot, search.Protocols);
        var found = FreePorts.Find(
            search, used, context.Machine.Settings, context.Machine.Binds, PortsInUse.Of(snapshot, PortRange.All),
            port => IsAssigned(context.Machine.Services, port, search.Protocols));
        if (_command.Count > 0 && found.Count > 0)
        {
            return RunCommand(found, search, parsed.GetValue(_pass), context, cancellationToken);
        }

        if (context.Json)
        {
            JsonOutput.WriteDocument(context.Output, json =>
            {
                JsonHead.WriteHead(json, Schema, takenAt, Survey.Host, snapshot.Missing);
                json.WriteString("range"u8, search.Range.ToString());
                json.WriteStartArray("protocols"u8);
                foreach (var protocol in search.Protocols)
                {
                    json.WriteStringValue(protocol.Name());
                }

                json.WriteEndArray();
                json.WriteStartArray("ports"u8);
                foreach (var port in found)
                {
                    json.WriteNumberValue(port.Value);
                }

                json.WriteEndArray();
            });
        }
        else
        {
            foreach (var port in found)
            {
                context.Writer.WriteNumber(port.Value);
                context.Writer.WriteLine();
            }

            context.Flush();
            Survey.Report(context, snapshot.Missing);
        }

        if (found.Count == search.Count && _command.Count == 0)
        {
            return ExitCode.Success;
        }

        ReportFewer(found.Count, search, context, cancellationToken);
        return ExitCode.NothingFound;
    }

    /// <summary>Says that there are fewer than were asked for; of a single port, who holds it.</summary>
    private static void ReportFewer(int found, FreePortSearch search, CommandContext context, CancellationToken cancellationToken)
    {
        var protocols = string.Join(" and ", search.Protocols.Select(p => p.Name()));
        if (search.Range is { First: var port } && port == search.Range.Last)
        {
            var holders = LocalHolders.Find(port, search.Protocols, context, cancellationToken);
            foreach (var line in holders.DefaultIfEmpty($"port {port} is not free for {protocols}, although no socket uses it"))
            {
                context.Error.WriteLine($"portolan: {line}");
            }

            var hint = holders.Count > 0
                ? Advice.Of($"portolan who {port} shows why the holder runs; portolan stop {port} --dry-run shows how to free the port")
                : Advice.Of($"portolan who {port} shows the result of a bind");
            context.Error.WriteLine(hint.ToHint());
            return;
        }

        var count = found == 0 ? "no free port" : string.Create(
            CultureInfo.InvariantCulture, $"only {found} free {(found == 1 ? "port" : "ports")}");
        context.Error.WriteLine($"portolan: {count} in {search.Range} for {protocols}");
    }

    /// <summary>Runs the command with the first of the ports that can be held: another program may have got one meanwhile.</summary>
    private ExitCode RunCommand(
        List<PortNumber> found, FreePortSearch search, bool passes, CommandContext context, CancellationToken cancellationToken)
    {
        var holds = search.Protocols.Contains(TransportProtocol.Tcp);
        var run = new FreeRun(context, _command, holds);
        if (!holds)
        {
            return run.Run(found[0], null, cancellationToken);
        }

        foreach (var port in found)
        {
            if (HeldPort.TryHold(port) is { } held)
            {
                using (held)
                {
                    return passes ? run.Pass(held) : run.Run(port, held, cancellationToken);
                }
            }
        }

        context.Error.WriteLine($"portolan: no port of {search.Range} can be reserved for the command");
        return ExitCode.NothingFound;
    }

    private void CheckCommand(ParseResult parsed, CommandContext context)
    {
        if (_command.Count == 0)
        {
            if (parsed.GetValue(_pass))
            {
                throw new PortolanException(
                    "--listen-fd needs a command", $"write it after --, e.g. portolan free --listen-fd -- COMMAND", ExitCode.Usage);
            }

            return;
        }

        var passes = parsed.GetValue(_pass);
        var wrong = context.Json ? "--json is not supported with a command, which uses stdout itself"
            : parsed.GetValue(_count) is not null ? "--count and a command exclude each other: it gets one port"
            : !passes && !FreeRun.HasHole(_command) ? "the command contains no {}, the placeholder for the port"
            : passes && parsed.GetValue(_protocol) == "udp" ? "--listen-fd is for TCP: a UDP socket does not listen"
            : null;
        if (wrong is not null)
        {
            throw new PortolanException(wrong, $"example: portolan free -- python3 -m http.server {{}}", ExitCode.Usage);
        }

        if (FreeRun.Missing(_command[0], context.Environment) is { } missing)
        {
            throw missing;
        }
    }

    private static bool IsAssigned(ServiceRegistry services, PortNumber port, IReadOnlyList<TransportProtocol> protocols) =>
        protocols.Any(p => services.StatusOf(port, p) != ServiceStatus.Unassigned);

    private FreePortSearch Read(ParseResult parsed, CommandContext context)
    {
        PortNumber? near = parsed.GetValue(_near) is { } text ? ReadPort(text) : null;
        var isRandom = parsed.GetValue(_random) || (_command.Count > 0 && near is null);
        if (isRandom && near is not null)
        {
            throw new PortolanException("--near and --random exclude each other", $"give one of them", ExitCode.Usage);
        }

        var range = parsed.GetValue(_range) is { } word
            ? ReadRange(word)
            : near is null ? FreePorts.DefaultRange(context.Machine.Settings) : FirstToLast(context.Machine.Settings);
        IReadOnlyList<TransportProtocol> protocols = parsed.GetValue(_protocol) switch
        {
            null or "both" => [TransportProtocol.Tcp, TransportProtocol.Udp],
            "tcp" => [TransportProtocol.Tcp],
            "udp" => [TransportProtocol.Udp],
            var other =>
                throw new PortolanException(
                    $"--protocol must be tcp, udp or both, not '{other}'", $"run portolan help free", ExitCode.Usage),
        };
        var skipAssigned = near is null && parsed.GetValue(_range) is null;
        var count = _command.Count > 0 ? Candidates : ReadCount(parsed.GetValue(_count));
        return new FreePortSearch(range, count, near, protocols, skipAssigned)
        {
            Seed = isRandom ? Guid.NewGuid().GetHashCode() : null,
        };
    }

    /// <summary>Around a named port everything that may be bound counts.</summary>
    private static PortRange FirstToLast(KernelSettings settings) =>
        new(settings.FirstUnprivilegedPort, PortRange.All.Last);

    private static int ReadCount(string? text)
    {
        if (text is null)
        {
            return 1;
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count is >= 1 and <= ushort.MaxValue
            ? count
            : throw new PortolanException(
                $"--count must be a number from 1 to 65535, not '{text}'", $"run portolan help free", ExitCode.Usage);
    }

    private static PortNumber ReadPort(string text) => PortNumber.TryParse(text, out var port) && port.Value != 0
        ? port
        : throw new PortolanException($"--near must be a port from 1 to 65535, not '{text}'", $"run portolan help free", ExitCode.Usage);

    private static PortRange ReadRange(string text)
    {
        if (!PortSet.TryParse(text, out var ports, out var error) || ports.Ranges.Count() != 1)
        {
            var isNumbers = ports is null && text.Length > 0 && text.All(static c => char.IsAsciiDigit(c) || c == '-');
            throw new PortolanException(
                isNumbers ? $"'{text}': {error.Reason}" : $"'{text}' is not a port range",
                $"write FIRST-LAST, e.g. 8000-8100, with numbers from 1 to 65535", ExitCode.Usage);
        }

        return ports.Ranges.First();
    }
}
