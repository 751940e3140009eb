using System.CommandLine;
using System.Globalization;
using Portolan.Cli.Charting;
using Portolan.Cli.Hosting;
using Portolan.Cli.Output;
using Portolan.Linux;
using Portolan.Model;
using Portolan.Model.Registry;
using Portolan.Sockets.Binding;

namespace Portolan.Cli.Commands;

/// <summary><c>portolan free</c>: ports that are not in use, held or reserved.</summary>
public sealed class FreeCommand : PortolanCommand
{
    /// <summary>The name and version of the format.</summary>
    public const string Schema = "portolan.free/1";

    private readonly Argument<string?> _range = new("range")
    {
        Description = "where to look, such as 8000-8100 (default: ports below the ephemeral range that IANA has not assigned)",
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
        Description = "nearest to this port first; of two equally near, the higher",
        HelpName = "PORT",
    };

    private readonly Option<bool> _random = new("--random", "-r")
    {
        Description = "any of the free ports, so that scripts that run at once seldom choose the same",
    };

    private readonly Option<string?> _protocol = new("--protocol", "-p")
    {
        Description = "free for tcp, udp or both (default both)",
        HelpName = "PROTO",
        CompletionSources = { static _ => ["tcp", "udp", "both"] },
    };

    /// <summary>Builds the options.</summary>
    public FreeCommand()
        : base("free", "ports that are not in use, held or reserved")
    {
        Arguments.Add(_range);
        Add("Which ports", _count, _near, _random, _protocol);
    }

    /// <inheritdoc/>
    public override string Details =>
        """
        A port is free when no socket of this network namespace has it as its local port, in whatever state (TIME-WAIT too) and on
        whatever address, when net.ipv4.ip_local_reserved_ports does not list it, and when a bind to it on 0.0.0.0 and on [::] works.
        The binds are tried for real and taken back at once. Another program may still take the port before you do.

        Without RANGE and --near, the lowest ports from 1024 to the start of this host's ephemeral range are printed that IANA assigns to no
        service: ports in the ephemeral range may go to an outgoing connection at any moment. With RANGE or --near the choice is
        yours, and assigned and ephemeral ports count too. Ports that this user may not bind are never printed.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan free", "one port for a server of your own"),
        new("portolan free 8000-8100 --count 3", "three ports of a range"),
        new("portolan free --random", "any free port: for scripts that run side by side"),
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
    public override ExitCode Run(ParseResult parsed, CommandContext context, CancellationToken cancellationToken)
    {
        var search = Read(parsed, context);
        var takenAt = context.Clock.GetUtcNow();
        var snapshot = Survey.Of(context).ForFreePorts(search.Protocols, cancellationToken);
        var used = FreePorts.Used(snapshot, search.Protocols);
        var found = FreePorts.Find(
            search, used, context.Settings, context.Binds, PortUse.Of(snapshot, PortRange.All),
            port => IsAssigned(context.Services, port, search.Protocols));
        if (context.Json)
        {
            JsonOutput.WriteDocument(context.Output, json =>
            {
                ProcessJson.WriteHead(json, Schema, takenAt, Survey.Host, snapshot.Missing);
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

        if (found.Count == search.Count)
        {
            return ExitCode.Success;
        }

        var count = found.Count switch
        {
            0 => "no port",
            1 => "only 1 port",
            var several => string.Create(CultureInfo.InvariantCulture, $"only {several} ports"),
        };
        context.Error.WriteLine($"portolan: {count} of {search.Range} {(found.Count > 1 ? "are" : "is")} free for {string.Join(" and ", search.Protocols.Select(p => p.Name()))}");
        return ExitCode.NothingFound;
    }

    private static bool IsAssigned(ServiceRegistry services, PortNumber port, IReadOnlyList<TransportProtocol> protocols) =>
        protocols.Any(p => services.StatusOf(port, p) != ServiceStatus.Unassigned);

    private FreePortSearch Read(ParseResult parsed, CommandContext context)
    {
        PortNumber? near = parsed.GetValue(_near) is { } text ? ReadPort(text) : null;
        var isRandom = parsed.GetValue(_random);
        if (isRandom && near is not null)
        {
            throw new PortolanException("--near and --random exclude each other", $"give one of them", ExitCode.Usage);
        }

        var range = parsed.GetValue(_range) is { } word
            ? ReadRange(word)
            : near is null ? FreePorts.DefaultRange(context.Settings) : FirstToLast(context.Settings);
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
        return new FreePortSearch(range, ReadCount(parsed.GetValue(_count)), near, protocols, skipAssigned)
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
                isNumbers ? $"'{text}': {error.Reason}" : $"'{text}' is not a range of ports",
                $"write FIRST-LAST, such as 8000-8100, with numbers from 1 to 65535", ExitCode.Usage);
        }

        return ports.Ranges.First();
    }
}
