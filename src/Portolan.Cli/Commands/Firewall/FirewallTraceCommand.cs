using System.CommandLine;
using Portolan.Cli.Charting;
using Portolan.Cli.Hosting;
using Portolan.Cli.Tracing;
using Portolan.Firewall.Changing;
using Portolan.Firewall.Tracing;
using Portolan.Model;

namespace Portolan.Cli.Commands.Firewall;

/// <summary><c>portolan firewall trace</c>: follows live packets through the rules.</summary>
public sealed class FirewallTraceCommand : PortolanCommand
{
    private readonly Argument<string> _port = PortArgument.Make();

    private readonly Option<string> _from = new("--from")
    {
        Description = "only packets from these addresses, prefixes or ranges, separated by commas",
        HelpName = "ADDR",
    };

    private readonly Option<string> _interface = new("--iface")
    {
        Description = "only packets that arrive on this interface",
        HelpName = "NAME",
    };

    private readonly Option<int?> _count = new("--count", "-c") { Description = "stop after N packets", HelpName = "N" };

    private readonly Option<string> _for = new("--for") { Description = "stop after this time, e.g. 30s or 10m", HelpName = "TIME" };

    /// <summary>Makes the command.</summary>
    public FirewallTraceCommand()
        : base("firewall trace", "follow live packets to a port through the rules")
    {
        Arguments.Add(_port);
        Add("Which packets", _from, _interface);
        Add("When to end", _count, _for);
    }

    /// <inheritdoc/>
    public override string Details =>
        $"""
        Each packet to the port is shown with every rule that matched it, in the kernel's own words: chain, rule, verdict, and the final
        decision. Rules that did not match are not shown. The port is the packet's original destination, before any translation. Without
        /PROTO, TCP and UDP packets are followed. The trace ends with --count, --for or Ctrl-C. Packets that other programs trace (meta
        nftrace set 1, nft monitor trace, another firewall trace) are neither shown nor counted unless they match this trace too.

        For this a table of its own, inet {LiveTrace.Name}, is loaded, which does nothing but mark packets, at most {TraceFilter.PacketsPerSecond} a second. The
        kernel removes it when the command ends, also when it is killed. No other table is touched. It takes CAP_NET_ADMIN; without it
        the exit code is 4. Tables of legacy x_tables are not followed.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan firewall trace 8080", "every packet to port 8080 until Ctrl-C"),
        new("portolan firewall trace 53/udp --from 192.0.2.0/24 --count 5", "five questions from one network"),
        new("portolan firewall trace https --for 30s --json", "the same as JSON Lines"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<ExitCodeMeaning> ExitCodes =>
        [.. ExitCodeMeaning.Finder("packets were seen", "no packet arrived"), ExitCodeMeaning.NoPrivilege, .. ExitCodeMeaning.Signals];

    /// <inheritdoc/>
    public override string JsonSchema => RuleTraceJson.Schema;

    /// <inheritdoc/>
    public override IReadOnlyList<string> SeeAlso => ["firewall show", "explain", "nft(8)"];

    /// <inheritdoc/>
    public override ExitCode Run(ParseResult parsed, CommandContext context, CancellationToken cancellationToken)
    {
        var port = PortArgument.Parse(parsed.GetValue(_port)!, () => context.Machine.Services, "firewall trace");
        var sources = AddressChoice.Any;
        if (parsed.GetValue(_from) is { } from && !AddressChoice.TryParse(from, out sources, out var error))
        {
            throw new PortolanException($"--from: {error}", $"write an address, a prefix (192.0.2.0/24) or a range", ExitCode.Usage);
        }

        var link = parsed.GetValue(_interface);
        if (link is not null && !RuleWords.IsInterfaceName(link))
        {
            throw new PortolanException($"'{link}' is not an interface name", $"ip -brief link lists the interfaces", ExitCode.Usage);
        }

        if (parsed.GetValue(_count) is < 1)
        {
            throw new PortolanException("--count takes a number of 1 or more", exitCode: ExitCode.Usage);
        }

        TimeSpan? duration = parsed.GetValue(_for) is { } text ? DurationText.Read("--for", text) : null;
        return new TraceRunner(
            context, new TraceFilter(port.Port, port.Usual, sources!) { Interface = link }, parsed.GetValue(_count), duration).Run(
                cancellationToken);
    }
}
