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
        new("--force") { Description = "confirm even if this connection proves nothing or a later one would be locked out" };

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
        A change of rules is only safe if you can still connect. It is therefore confirmed over a connection made after it: Portolan finds
        the connection by the parent process that holds its socket, e.g. sshd. The connection that made the change and older ones prove
        nothing, because rules leave existing connections open. A multiplexed ssh (ControlMaster) uses one connection for all its
        sessions: add -o ControlMaster=no -o ControlPath=none. The machine's console is always accepted, and so is any terminal that has
        no incoming connection from another machine and no ssh among its parents. If the connection is unknown, e.g. in tmux or screen,
        confirm from outside with ssh HOST portolan firewall confirm, or with --force. A connection from the machine to itself proves
        nothing: it is always kept open.

        The confirmed rules are then evaluated for a new connection like your own, as they will stay: now, and after every other pending
        change and every duration (--for) has ended. If Portolan's rules would block it and would not without the confirmation, the
        confirmation is refused; --force overrides.

        Permanent rules are then saved as a plain nft file, /etc/portolan/firewall.nft, and a systemd unit, portolan-firewall.service,
        which loads it before the network is up; the file replaces the table inet portolan and touches nothing else. Both are removed when
        no rule is left. Rules with a duration (--for) are not saved. If saving failed, run this command again.
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
        new(ExitCode.Success, "confirmed, and saved if possible; or saved now because an earlier save failed"),
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

        // Where another program took all rules away, the file is the only one that still has them.
        return place is not null && applied.Lost.Count == 0 && state.Lasting.Rules.Count > 0 && !place.IsCurrent(state)
            ? place.Save(state)
            : null;
    }
}
