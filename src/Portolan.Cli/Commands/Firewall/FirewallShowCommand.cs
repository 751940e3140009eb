using System.CommandLine;
using Portolan.Cli.Charting;
using Portolan.Cli.Hosting;
using Portolan.Cli.Ruling;
using Portolan.Firewall.Documents;
using Portolan.Firewall.Rendering;
using Portolan.Firewall.Reviewing;
using Portolan.Model;
using Portolan.Model.Documents;
using Portolan.Reachability.Documents;
using Portolan.Sockets.Binding;

namespace Portolan.Cli.Commands.Firewall;

/// <summary><c>portolan firewall show</c>.</summary>
public sealed class FirewallShowCommand : PortolanCommand
{
    private readonly Argument<string?> _port = new("port")
    {
        Description = "only rules about this port, e.g. 8080 or 53/udp, and what holds for all ports",
        HelpName = "PORT[/PROTO]",
        Arity = ArgumentArity.ZeroOrOne,
        CompletionSources = { Completions.DynamicCompletions.ListeningPorts },
    };

    private readonly Option<bool> _byRule =
        new("--by-rule") { Description = "tables, chains and rules in the kernel's order, with handles and counters" };

    private readonly Option<bool> _unused = new("--unused") { Description = "only rules whose counters are zero" };

    private readonly Option<bool> _shadowed =
        new("--shadowed") { Description = "only rules that can never match because an earlier rule takes all their packets" };

    private readonly Option<string> _table = new("--table") { Description = "only tables with this name", HelpName = "NAME" };

    private readonly Option<string> _family = new("--family")
    {
        Description = "only tables of this family",
        HelpName = "FAMILY",
        CompletionSources = { static _ => RuleSelection.FamilyNames },
    };

    /// <summary>Makes the command.</summary>
    public FirewallShowCommand()
        : base("firewall show", "firewall rules by port, and who manages them")
    {
        Arguments.Add(_port);
        Add("Which rules", _table, _family, _unused, _shadowed);
        Add("How", _byRule);
    }

    /// <inheritdoc/>
    public override string Details =>
        """
        For each port that appears in rules: what each rule does, for which senders, how many packets it matched, its chain, and who made
        it (ufw, firewalld, Docker, Podman, NixOS, kube-proxy, fail2ban, libvirt, Portolan, or iptables or nft themselves). A rule without
        a counter shows - for packets. Whether a port is reachable is another question: portolan explain PORT.

        The text of a rule is decompiled from the kernel's own bytecode into nft syntax: nft loads it to the same bytecode. iptables rules
        without an nft equivalent are written as iptables-save writes them.

        A rule is marked as never matching only if one earlier rule of its chain certainly takes all its packets.

        A rule of Portolan that is pending or has a duration shows its remaining time; an expired rule matches nothing and appears only
        with --by-rule.

        Reading rules needs CAP_NET_ADMIN. Without it nothing is shown, and the exit code is 4.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan firewall show", "which rule applies to which port"),
        new("portolan firewall show 8080", "the rules about one port"),
        new("portolan firewall show --unused", "rules with a zero counter"),
        new("portolan firewall show --by-rule --table filter", "one table, with handles and counters"),
        new("portolan firewall show --json", "the same for a program to read"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<ExitCodeMeaning> ExitCodes =>
        [.. ExitCodeMeaning.Finder("the rules were shown", "no table has that name or family"), ExitCodeMeaning.NoPrivilege];

    /// <inheritdoc/>
    public override string JsonSchema => RulesDocument.Format;

    /// <inheritdoc/>
    public override IReadOnlyList<string> SeeAlso => ["firewall", "nft(8)"];

    /// <inheritdoc/>
    public override ExitCode Run(ParseResult parsed, CommandContext context, CancellationToken cancellationToken)
    {
        var selection = RuleSelection.Parse(parsed.GetValue(_table), parsed.GetValue(_family));
        var takenAt = context.Clock.GetUtcNow();
        NamedPort? port = parsed.GetValue(_port) is { } word ? PortArgument.Parse(word, () => context.Machine.Services, FullName) : null;
        if (port is not null && (context.Json || parsed.GetValue(_byRule) || parsed.GetValue(_unused) || parsed.GetValue(_shadowed)))
        {
            throw new PortolanException(
                "a port chooses from the table of ports, not from --by-rule, --unused, --shadowed or --json", $"leave out one of them",
                ExitCode.Usage);
        }

        var rules = selection.Of(context.Machine.Rules);
        if (context.Json)
        {
            var full = RuleReview.Of(rules, new RuleTextOptions());
            JsonOutput.WriteDocument(
                context.Output, RulesDocument.Of(full, takenAt, Survey.Host), ReachabilityDocuments.Default.RulesDocument);
            return ExitCode.Success;
        }

        var review = RuleReview.Of(rules, RuleTextOptions.ForReading);
        var unused = parsed.GetValue(_unused);
        var shadowed = parsed.GetValue(_shadowed);
        if (unused || shadowed)
        {
            ReviewedRule[] shown =
                [.. review.Rules.Where(r => (unused && r.IsUnused && !r.IsOff) || (shadowed && r.ShadowedBy is not null))];
            new RuleListing(context.Writer, context.OutputColor).Write(review, shown);
        }
        else if (parsed.GetValue(_byRule))
        {
            new RuleListing(context.Writer, context.OutputColor).Write(review, null);
        }
        else
        {
            new PortRulesView(context.Writer, context.OutputColor, context.OutputWidth).Write(review, port);
        }

        context.Flush();
        Survey.Report(context, [.. rules.Missing, .. review.LeftOut]);
        return ExitCode.Success;
    }
}
