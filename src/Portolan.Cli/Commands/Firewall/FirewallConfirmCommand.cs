using System.CommandLine;
using System.Globalization;
using Portolan.Cli.Changing;
using Portolan.Cli.Changing.Via;
using Portolan.Cli.Charting;
using Portolan.Cli.Hosting;
using Portolan.Firewall.Changing;
using Portolan.Firewall.Changing.Planning;
using Portolan.Firewall.Changing.Saving;
using Portolan.Firewall.Changing.Table;
using Portolan.Linux.Netlink;
using Portolan.Model;
using Portolan.Model.Documents;
using Portolan.Reachability.Composing;

namespace Portolan.Cli.Commands.Firewall;

/// <summary><c>portolan firewall confirm</c>: makes pending changes last.</summary>
public sealed class FirewallConfirmCommand : PortolanCommand
{
    private readonly Argument<string?> _number = new("change")
    {
        Description = "the number of a pending change (default: all)",
        HelpName = "CHANGE",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<bool> _force =
        new("--force") { Description = "confirm even if this connection proves nothing or would be locked out later" };

    private readonly Option<bool> _noSave = new("--no-save") { Description = "do not save the rules for the next boot" };

    /// <summary>Makes the command.</summary>
    public FirewallConfirmCommand()
        : base("firewall confirm", "keep pending changes of rules, from a new connection")
    {
        Arguments.Add(_number);
        Add("Whether", _force, _noSave);
    }

    /// <inheritdoc/>
    public override string Details =>
        """
        A change of rules counts only when somebody can still get in. So it is confirmed over a connection that was made after it: the
        connection is found by looking which of the parent processes holds its socket, as sshd does. The connection that made the change
        and older ones prove nothing: rules leave existing connections open. A multiplexed ssh (ControlMaster) gives all its
        sessions one connection: add -o ControlMaster=no -o ControlPath=none. The console of the machine is always good enough, and any
        terminal while no connection from another machine comes in and ssh started none of the parents. Where nothing is known, as in
        tmux or screen, confirm from outside with ssh HOST portolan firewall confirm, or with --force. A connection of the machine to
        itself proves nothing: it is always kept open.

        What is confirmed is then judged for a new connection like your own, as it will stay: now, and when every other pending change and
        every time (--for) has ended. If Portolan's rules would stop it and would not without the confirmation, nothing is confirmed
        unless --force is given.

        What lasts is then saved as a plain file of nft, /etc/portolan/firewall.nft, and a unit of systemd, portolan-firewall.service,
        which loads it before the network is up; the file replaces the table inet portolan and touches nothing else. Both are taken away
        when no rule is left. Rules with a time (--for) are not saved. Where saving failed, running this again saves.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan firewall confirm", "every pending change lasts"),
        new("portolan firewall confirm 4 --no-save", "one change, until the next boot"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<ExitCodeMeaning> ExitCodes =>
    [
        new(ExitCode.Success, "confirmed and saved where that was possible, or only saved because that was still to be done"),
        new(ExitCode.NothingFound, "nothing is pending; unconfirmed changes have expired"),
        new(ExitCode.Usage, "the command line is wrong; nothing was done"),
        new(ExitCode.Failed, "this connection proves nothing or would be locked out, or saving failed"),
        new(ExitCode.NoPrivilege, "missing privilege (CAP_NET_ADMIN); nothing was done"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<string> SeeAlso => ["allow", "block", "firewall undo"];

    /// <inheritdoc/>
    public override string JsonSchema => ChangeJson.Schema;

    /// <inheritdoc/>
    public override Advice? Remedy(string name) => name == "--via" ? ViaRemedy.Pending : null;

    /// <inheritdoc/>
    public override ExitCode Run(ParseResult parsed, CommandContext context, CancellationToken cancellationToken)
    {
        var machine = context.Machine.Changes;
        var session = machine.FindSession(cancellationToken);
        var (number, isForced) = (Number(parsed.GetValue(_number)), parsed.GetValue(_force));
        var guard = new ConfirmGuard(machine, session, isForced, cancellationToken);
        var applied = new RuleChanger(() => machine.Open(NetlinkFamily.Netfilter))
            .Apply((own, _) => Plan(own, number, guard), guard.Judge, isDryRun: false, cancellationToken);
        var outcome = new ChangeOutcome
        {
            Command = FullName,
            Applied = applied,
            Session = session,
            LockOut = guard.Checks,
            Warnings = guard.Warnings,
            Saved = Save(machine, applied, parsed.GetValue(_noSave)),
        };
        if (context.Json)
        {
            JsonOutput.WriteDocument(context.Output, json => ChangeJson.Write(json, outcome, context.Clock.GetUtcNow(), Survey.Host));
        }
        else
        {
            if (!applied.IsApplied)
            {
                context.Writer.WriteLine("nothing is pending");
            }

            new ChangeText(context).Write(outcome);
        }

        return outcome.Saved?.Result == SaveResult.Failed ? ExitCode.Failed
            : applied.IsApplied || outcome.Saved is { Result: SaveResult.Saved or SaveResult.FileOnly } ? ExitCode.Success
            : ExitCode.NothingFound;
    }

    private static int? Number(string? text) => text is null ? null
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
        : throw new PortolanException(
            $"'{text}' is not the number of a " +
            $"change", $"portolan firewall undo --list shows the changes and their numbers", ExitCode.Usage);

    private static ChangePlan Plan(OwnTable own, int? number, ConfirmGuard guard)
    {
        var pending = own.State.Pending.Where(c => number is null || c.Number == number).ToList();
        if (number is { } asked && pending.Count == 0 && own.State.Pending.Any())
        {
            throw new PortolanException(
                string.Create(CultureInfo.InvariantCulture, $"change {asked} is not pending"),
                $"pending are {Advice.List(own.State.Pending.Select(c => c.Number))}; portolan firewall undo --list shows all changes",
                ExitCode.Usage);
        }

        guard.CheckProof(pending);
        return PendingPlanner.Confirm(own.State, pending);
    }

    /// <summary>
    /// Saves what was confirmed. Where nothing was pending, what lasts is saved if it is not yet: saving failed, or was not wanted, before.
    /// </summary>
    private static SaveOutcome? Save(ChangeMachine machine, AppliedChange applied, bool isUnwanted)
    {
        var state = applied.Change.Plan.After;
        if (isUnwanted)
        {
            return applied.IsApplied ? new SaveOutcome(SaveResult.NotSaved, "/" + SavedRules.RulesPath, null) : null;
        }

        var (place, why) = machine.FindPlace();
        if (applied.IsApplied)
        {
            return place?.Save(state) ?? new SaveOutcome(SaveResult.NotSaved, "/" + SavedRules.RulesPath, why);
        }

        // Where somebody else took all rules away, the file is the only one that still has them.
        return place is not null && applied.Lost.Count == 0 && state.Lasting.Rules.Count > 0 && !place.IsCurrent(state)
            ? place.Save(state)
            : null;
    }
}
