using System.CommandLine;
using System.Globalization;
using Portolan.Cli.Hosting;
using Portolan.Cli.Traffic;
using Portolan.Forwarding.Grammar;
using Portolan.Model;

namespace Portolan.Cli.Commands;

/// <summary><c>portolan traffic capture</c>: packets of chosen ports and programs into a pcapng file.</summary>
public sealed class TrafficCaptureCommand : PortolanCommand
{
    private readonly Argument<string[]> _filter = new("FILTER")
    {
        Description = "which packets, by their socket: port, process, unit, container, user, address, protocol",
        Arity = ArgumentArity.ZeroOrMore,
        CompletionSources = { Completions.DynamicCompletions.FilterWords },
    };

    private readonly Option<string?> _output = new("--output", "-o")
    {
        Description = "the file, or - for stdout",
        HelpName = "FILE",
    };

    private readonly Option<string?> _for = new("--for") { Description = "stop after this time, e.g. 30s or 10m", HelpName = "TIME" };

    private readonly Option<long?> _count = new("--count", "-c") { Description = "stop after N packets", HelpName = "N" };

    private readonly Option<string?> _size = new("--size")
    {
        Description = "stop at this file size, e.g. 100M; with --files, start the next file",
        HelpName = "BYTES",
    };

    private readonly Option<int?> _files = new("--files")
    {
        Description = "with --size: keep N files, FILE, FILE.1 and so on; the oldest is overwritten",
        HelpName = "N",
    };

    private readonly Option<int?> _snap = new("--snap") { Description = "keep at most N bytes of each packet", HelpName = "N" };

    /// <summary>Builds the options.</summary>
    public TrafficCaptureCommand()
        : base("traffic capture", "packets of chosen ports and programs into a pcapng file")
    {
        Arguments.Add(_filter);
        Add("Where to", _output);
        Add("When to stop, and how much is kept", _for, _count, _size, _files, _snap);
    }

    /// <inheritdoc/>
    public override string Details =>
        """
        Packets on all interfaces of this network namespace are written with a comment that names the process, its unit and the service.
        The filter has the syntax of portolan list and applies to the socket at this host's end of each packet, so it may name processes.
        Without a filter, packets without a socket are written too. Packets on loopback are written once.

        The capture ends with --for, --count, --size or Ctrl-C. Packets dropped by the kernel because they arrived faster than they were
        written are counted and reported at the end. Capturing needs CAP_NET_RAW; without it the exit code is 4.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan traffic capture -o web.pcapng --for 30s port 443", "half a minute of one port"),
        new("portolan traffic capture -o dns.pcapng --count 100 process dnsmasq", "a hundred packets of one program"),
        new("portolan traffic capture -o ring.pcapng --size 100M --files 5", "the last 500 MB of everything"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<ExitCodeMeaning> ExitCodes =>
        [.. ExitCodeMeaning.Common, ExitCodeMeaning.NoPrivilege, .. ExitCodeMeaning.Signals];

    /// <inheritdoc/>
    public override IReadOnlyList<string> SeeAlso => ["traffic", "list", "tcpdump(8)", "tshark(1)"];

    /// <inheritdoc/>
    public override string WhyNoJson => "the file is what it writes; portolan traffic --json counts";

    /// <inheritdoc/>
    public override Advice? Remedy(string name) => name switch
    {
        "-w" => $"the file is -o FILE here",
        "-i" => $"packets of all interfaces are captured: choose by address",
        "-n" => $"not needed: names appear only in comments and are never queried from the network",
        _ => null,
    };

    /// <inheritdoc/>
    public override ExitCode Run(ParseResult parsed, CommandContext context, CancellationToken cancellationToken) =>
        new CaptureRunner(Read(parsed), context).Run(cancellationToken);

    private CaptureRequest Read(ParseResult parsed)
    {
        var files = AtLeastOne("--files", parsed.GetValue(_files));
        var size = parsed.GetValue(_size) is { } text ? ReadSize(text) : (long?)null;
        if (files is not null && size is null)
        {
            throw new PortolanException("--files needs --size, the size of each file", $"--size 100M --files {files}", ExitCode.Usage);
        }

        var output = parsed.GetValue(_output) ?? throw new PortolanException(
            "no capture file given", $"portolan traffic capture -o FILE.pcapng", ExitCode.Usage);
        if (output == "-" && files is not null)
        {
            throw new PortolanException("--files needs files, not stdout", $"-o FILE.pcapng --files {files}", ExitCode.Usage);
        }

        return new CaptureRequest(output)
        {
            Filter = parsed.GetValue(_filter) ?? [],
            For = parsed.GetValue(_for) is { } time ? DurationText.Read("--for", time) : null,
            Count = AtLeastOne("--count", parsed.GetValue(_count)) ?? long.MaxValue,
            Size = size ?? long.MaxValue,
            Files = (int)(files ?? 1),
            Snap = (int)(AtLeastOne("--snap", parsed.GetValue(_snap)) ?? int.MaxValue),
        };
    }

    private static long? AtLeastOne(string option, long? value) => value is null or > 0
        ? value
        : throw new PortolanException(
            string.Create(CultureInfo.InvariantCulture, $"{option} takes a number from 1, not {value}"), $"{option} 10", ExitCode.Usage);

    private static long ReadSize(string text) => RateText.TryParse(text, out var bytes)
        ? bytes
        : throw new PortolanException(
            $"--size takes 1K to 1024G, e.g. 100M, not '{TerminalText.Escape(text)}'", $"--size 100M", ExitCode.Usage);
}
