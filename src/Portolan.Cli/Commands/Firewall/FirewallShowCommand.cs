using System.CommandLine;
using Portolan.Cli.Charting;
using Portolan.Cli.Hosting;
using Portolan.Cli.Output;
using Portolan.Cli.Ruling;
using Portolan.Model;

namespace Portolan.Cli.Commands.Firewall;

/// <summary><c>portolan firewall show</c>.</summary>
public sealed class FirewallShowCommand : PortolanCommand
{
    private readonly Option<bool> _byRule = new("--by-rule") { Description = "tables, chains and rules in the kernel's order, with handles and counters" };

    private readonly Option<string> _table = new("--table") { Description = "only the tables of this name", HelpName = "NAME" };

    private readonly Option<string> _family = new("--family")
    {
        Description = "only the tables of this family",
        HelpName = "FAMILY",
        CompletionSources = { static _ => RuleSelection.FamilyNames },
    };

    /// <summary>Makes the command.</summary>
    public FirewallShowCommand()
        : base("firewall show", "the firewall's rules, as the kernel holds them")
    {
        Add("Which rules", _table, _family);
        Add("How", _byRule);
    }

    /// <inheritdoc/>
    public override string Details =>
        """
        The text of a rule is made from the kernel's own bytecode, in the language of nft.

        Reading rules needs CAP_NET_ADMIN. Without it nothing is shown, and the exit code is 4.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan firewall show", "all rules of this machine"),
        new("portolan firewall show --by-rule --table filter", "one table, with handles and counters"),
        new("portolan firewall show --json", "the same for a program to read"),
    ];

    /// <inheritdoc/>
    public override string JsonSchema => RulesJson.Schema;

    /// <inheritdoc/>
    public override IReadOnlyList<string> SeeAlso => ["firewall", "nft(8)"];

    /// <inheritdoc/>
    public override ExitCode Run(ParseResult parsed, CommandContext context, CancellationToken cancellationToken)
    {
        var selection = RuleSelection.Parse(parsed.GetValue(_table), parsed.GetValue(_family));
        var takenAt = context.Clock.GetUtcNow();
        var rules = selection.Of(context.Rules);
        if (context.Json)
        {
            JsonOutput.WriteDocument(context.Output, json => RulesJson.Write(json, rules, takenAt, Survey.Host));
            return ExitCode.Success;
        }

        new RuleListing(context.Writer, context.OutputColor).Write(rules);
        context.Flush();
        Survey.Report(context, rules.Missing);
        return ExitCode.Success;
    }
}
