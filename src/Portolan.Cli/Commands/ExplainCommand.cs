using System.CommandLine;
using Portolan.Cli.Charting;
using Portolan.Cli.Explaining;
using Portolan.Cli.Hosting;
using Portolan.Model;
using Portolan.Model.Documents;
using Portolan.Reachability.Documents;

namespace Portolan.Cli.Commands;

/// <summary><c>portolan explain</c>: can they reach a port, layer by layer.</summary>
public sealed class ExplainCommand : PortolanCommand
{
    private readonly Argument<string> _target = new("TARGET")
    {
        Description = "a port or service of this machine, e.g. 8080, 53/udp or https; or ADDR:PORT or NAME:PORT, here or elsewhere",
        HelpName = "PORT|ADDR:PORT|NAME:PORT",
        CompletionSources = { Completions.DynamicCompletions.ListeningPorts },
    };

    private readonly Option<string?> _from = new("--from")
    {
        Description = "the sender: an address or prefix, the interface its packets arrive on, or both: ADDR%IFACE",
        HelpName = "ADDR|PREFIX|IFACE",
    };

    private readonly Option<bool> _udp = new("--udp", "-u") { Description = "the UDP port (default: TCP)" };

    private readonly Option<bool> _ipv4 = new("--ipv4", "-4") { Description = "over IPv4 only" };

    private readonly Option<bool> _ipv6 = new("--ipv6", "-6") { Description = "over IPv6 only" };

    private readonly Option<string?> _rules = new("--rules")
    {
        Description =
            "evaluate the rules in FILE (nft syntax or iptables-save output; - is stdin) instead of this machine's; needs no privilege",
        HelpName = "FILE",
    };

    private readonly Option<string[]> _includePath = new("--include-path")
    {
        Description = "allow include statements in FILE to read files in DIR too (default: FILE's own folder only)",
        HelpName = "DIR",
    };

    private readonly Option<bool> _prove =
        new("--prove") { Description = "also let the kernel decide: send one packet through the same rules in a scratch namespace" };

    private readonly Option<bool> _probe =
        new("--probe") { Description = "for another machine's port: also try it with one connection or datagram" };

    private readonly Option<string?> _judgeTime = JudgeTime.Option();

    /// <summary>Builds the options.</summary>
    public ExplainCommand()
        : base("explain", "who can reach a port, layer by layer, with the deciding rule and the fix")
    {
        Arguments.Add(_target);
        Add("Who reaches what", _from, _udp, _ipv4, _ipv6);
        Add("How", _rules, _includePath, _prove, _probe, _judgeTime);
    }

    /// <inheritdoc/>
    public override string Details =>
        """
        The layers are evaluated in the order packets meet them, up to the first that fails: listener and its addresses, accept queue, the
        arriving interface and the reverse path check (rp_filter), rules before routing, translated destinations, the rules of INPUT or
        FORWARD, the replies and the rules on their way out, and neighbour discovery. The report adds what the client sees, the deciding
        rule, the nearest rule that accepts a sender, the fix, and the command that checks the fix.

        Without --from the question covers every sender that the routes lead back to. A named sender is expected on the interface its
        route uses; behind a router also on the interface that has the requested address. --from ADDR%IFACE selects one. A port of this
        machine's own address is judged from outside, a port of any other address from here: routes, translation and this machine's own
        rules, and with --probe the result of a real connection. With --prove, host and rules are rebuilt in a network namespace of their
        own, one packet is sent, and the kernel's trace is compared with the verdict; nothing on this machine changes. With --rules the
        rules of a file are judged with this machine's interfaces, addresses and routes: nft loads them in such a namespace, and the
        bytecode is read back. include reads files from FILE's folder and from --include-path. Layers that were not judged are listed
        last: present, absent, or not visible from here.

        The answer is for an ordinary client: an ephemeral source port and a usual packet, now. YES means that all its first packets are
        accepted, NO that none is, DEPENDS ON names the difference: the sender, the source port, the address family. Notes below describe
        what other packets meet. PROVED means that every rule on the path is understood. UNKNOWN appears if a rule that cannot be
        evaluated decides, if the evaluation takes longer than --judge-time, or if the rules cannot be read, which needs CAP_NET_ADMIN.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan explain 8080 --from 198.51.100.7", "why that machine sees a timeout, and what to run"),
        new("portolan explain 53/udp -6", "who reaches the DNS server over IPv6"),
        new("portolan explain 8080 --rules new.nft", "what a rules file would do, before it is loaded; needs no privilege"),
        new("portolan explain 192.0.2.9:443 --probe", "why this machine cannot reach another one's port"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<ExitCodeMeaning> ExitCodes =>
    [
        new(ExitCode.Success, "every sender in question can reach it"),
        new(ExitCode.NothingFound, "they cannot, or only some can"),
        new(ExitCode.Usage, "the command line is wrong; nothing was done"),
        new(
            ExitCode.Failed,
            "undecided: the deciding rule cannot be evaluated, evaluation took too long, or it depends on the network beyond this machine"),
        new(ExitCode.NoPrivilege, "undecided: no privilege to read the rules"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<string> SeeAlso => ["who", "firewall show", "check"];

    /// <inheritdoc/>
    public override string JsonSchema => ExplanationDocument.Format;

    /// <inheritdoc/>
    public override ExitCode Run(ParseResult parsed, CommandContext context, CancellationToken cancellationToken)
    {
        if (parsed.GetValue(_includePath) is { Length: > 0 } && parsed.GetValue(_rules) is null)
        {
            throw new PortolanException(
                "--include-path needs --rules", $"portolan explain 22 --rules new.nft --include-path /etc/nftables.d",
                ExitCode.Usage);
        }

        var (four, six) = (parsed.GetValue(_ipv4), parsed.GetValue(_ipv6));
        var request = new ExplainRequest(
            ExplainTarget.Parse(parsed.GetValue(_target)!, () => context.Machine.Services),
            parsed.GetValue(_from),
            parsed.GetValue(_udp),
            UseIPv4: four || !six,
            UseIPv6: six || !four,
            parsed.GetValue(_rules),
            parsed.GetValue(_includePath) ?? [],
            parsed.GetValue(_prove),
            parsed.GetValue(_probe))
        {
            JudgeTime = JudgeTime.Parse(parsed.GetValue(_judgeTime)),
        };
        var takenAt = context.Clock.GetUtcNow();
        var (found, exit) = new ExplainRun(request, context).Run(cancellationToken);
        if (context.Json)
        {
            JsonOutput.WriteDocument(
                context.Output, ExplanationDocument.Of(found, takenAt, Survey.Host), ReachabilityDocuments.Default.ExplanationDocument);
        }
        else
        {
            new ExplanationText(context.Writer, context.OutputWidth, context.OutputColor).Write(found.Explanation);
            context.Flush();
            Survey.Report(context, found.Missing);
        }

        return exit;
    }
}
