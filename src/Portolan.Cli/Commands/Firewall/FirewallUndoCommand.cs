using System.CommandLine;
using System.Globalization;
using Portolan.Cli.Changing;
using Portolan.Cli.Changing.Via;
using Portolan.Cli.Charting;
using Portolan.Cli.Hosting;
using Portolan.Cli.Output;
using Portolan.Firewall.Changing;
using Portolan.Firewall.Changing.Planning;
using Portolan.Firewall.Managers;
using Portolan.Firewall.Rules;
using Portolan.Linux.Netlink;
using Portolan.Model;
using Portolan.Model.Documents;

namespace Portolan.Cli.Commands.Firewall;

/// <summary><c>portolan firewall undo</c>: takes changes back.</summary>
public sealed class FirewallUndoCommand : PortolanCommand
{
    private const int MostSteps = 30;

    private readonly Option<bool> _list = new("--list") { Description = "list the changes that can be undone; change nothing" };

    private readonly Option<string?> _steps = new("--steps")
    {
        Description = "undo this many changes, newest first (default 1)",
        HelpName = "N",
    };

    private readonly ChangeOptions _change = new(ChangeOptions.AsksNever);

    /// <summary>Makes the command.</summary>
    public FirewallUndoCommand()
        : base("firewall undo", "undo the last changes of Portolan's rules")
    {
        Add("What", _list, _steps);
        Add("Whether", _change.DryRun, _change.Force, _change.ConfirmWithin);
    }

    /// <inheritdoc/>
    public override string Details =>
        """
        While changes are pending, the newest of them are removed at once, as the kernel would do by itself a little later. A confirmed
        change is undone by a change of its own, which is pending like any other: added rules are removed, removed rules return to their
        places. Once that is confirmed, the next undo goes one change further back. The last 30 changes are kept in the table inet
        portolan itself.

        Rules made by allow --via belong to the manager and are not included: its own command removes them, e.g. ufw delete allow
        8080/tcp.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan firewall undo", "undo the last change"),
        new("portolan firewall undo --steps 3 --dry-run", "what undoing three changes would load"),
        new("portolan firewall undo --list", "the changes, newest first"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<ExitCodeMeaning> ExitCodes =>
    [
        new(ExitCode.Success, "undone, or shown"),
        new(ExitCode.NothingFound, "there is nothing to undo"),
        new(ExitCode.Usage, "the command line is wrong; nothing was done"),
        new(ExitCode.Failed, "refused or failed; nothing was changed"),
        new(ExitCode.NoPrivilege, "missing privilege (CAP_NET_ADMIN); nothing was done"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<string> SeeAlso => ["firewall confirm", "allow", "block"];

    /// <inheritdoc/>
    public override string JsonSchema => ChangeJson.Schema;

    /// <inheritdoc/>
    public override Advice? Remedy(string name) => name == "--via" ? ViaRemedy.Pending : null;

    /// <inheritdoc/>
    public override ExitCode Run(ParseResult parsed, CommandContext context, CancellationToken cancellationToken)
    {
        if (parsed.GetValue(_list))
        {
            return List(context, cancellationToken);
        }

        var steps = ReadSteps(parsed.GetValue(_steps));
        var isNothing = false;
        var exit = new ChangeRunner(context).Run(
            new RuleChangeRequest
            {
                Command = FullName,
                Plan = (own, rules, change) =>
                {
                    var plan = UndoPlanner.Undo(own.State, steps, change);
                    isNothing = plan.IsNothing;
                    return isNothing ? plan with { Notes = [.. plan.Notes, .. ManagersNotes(rules)] } : plan;
                },
                Within = _change.Within(parsed),
                DryRun = parsed.GetValue(_change.DryRun),
                Force = parsed.GetValue(_change.Force),
                Nothing = "nothing to undo",
            },
            cancellationToken);
        return isNothing ? ExitCode.NothingFound : exit;
    }

    /// <summary>What managers were told with <c>--via</c> is theirs: only they know of it.</summary>
    private static IEnumerable<string> ManagersNotes(Ruleset rules) =>
        from manager in RuleManagers.Of(rules).All
        let program = ManagerProgram.Of(manager.Name)
        where program is not null
        select $"rules made by allow --via {manager.Name} belong to {manager.Name}: {program.Listing} shows them, "
            + $"{program.Removing} removes them";

    private ExitCode List(CommandContext context, CancellationToken cancellationToken)
    {
        var machine = context.Machine.Changes;
        var own = new RuleChanger(() => machine.Open(NetlinkFamily.Netfilter)).Read(cancellationToken).Own;
        var now = context.Clock.GetUtcNow();
        if (context.Json)
        {
            JsonOutput.WriteDocument(
                context.Output, json => ChangeJson.WriteHistory(json, FullName, own.State, own.Expired, now, Survey.Host));
            return ExitCode.Success;
        }

        foreach (var change in own.State.Changes.Reverse())
        {
            var state = change.Remaining is { } left
                ? $"pending, {DurationText.Format(TimeSpan.FromSeconds(Math.Ceiling(left.TotalSeconds)))} left"
                : "confirmed";
            context.Writer.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{change.Number}  {ShortDuration.Ago(change.At, now)}  {TerminalText.Escape(change.By)}  {state}  "
                    + $"{TerminalText.Escape(change.Words)}"));
        }

        context.Flush();
        if (own.State.Changes.Count == 0)
        {
            context.Error.WriteLine("portolan: no confirmed changes of Portolan on this machine");
        }

        return ExitCode.Success;
    }

    private static int ReadSteps(string? text) =>
        text is null ? 1
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var steps) && steps is >= 1 and <= MostSteps ? steps
        : throw new PortolanException(
            $"--steps must be a number from 1 to {MostSteps}, not '{text}'", $"portolan firewall undo --list lists the changes",
            ExitCode.Usage);
}
