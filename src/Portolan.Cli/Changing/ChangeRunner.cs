using System.Globalization;
using Portolan.Cli.Charting;
using Portolan.Cli.Hosting;
using Portolan.Firewall.Changing;
using Portolan.Firewall.Changing.Planning;
using Portolan.Firewall.Changing.Saving;
using Portolan.Linux;
using Portolan.Linux.Netlink;
using Portolan.Model;
using Portolan.Model.Documents;
using Portolan.Reachability.Composing;
using Portolan.Reachability.Cutting;
using Portolan.Reachability.Sessions;

namespace Portolan.Cli.Changing;

/// <summary>Makes a pending change: looks where the caller is, plans, judges, asks, applies, and says what is next.</summary>
internal sealed class ChangeRunner(CommandContext context)
{
    private readonly ChangeMachine _machine = context.Machine.Changes;

    public ExitCode Run(RuleChangeRequest request, CancellationToken cancellationToken)
    {
        var session = _machine.FindSession(cancellationToken);
        var guard = new LockOutGuard(_machine, session, request, cancellationToken);
        var changer = new RuleChanger(() => _machine.Open(NetlinkFamily.Netfilter));
        var untold = 0;
        ChangePlan Plan(Firewall.Changing.Table.OwnTable own, Firewall.Rules.Ruleset rules) =>
            request.Plan(own, rules, new ChangeContext(_machine.User(), context.Clock.GetUtcNow(), session.Origin, request.Within));

        if (request.Question is not null && !request.DryRun && !request.Yes)
        {
            var shown = changer.Apply(Plan, guard.Judge, isDryRun: true, cancellationToken);
            if ((!shown.Change.Plan.IsNothing || request.Cut) && !Ask(request, Outcome(request, session, shown, guard)))
            {
                return ExitCode.NothingFound;
            }
        }

        var applied = changer.Apply(Plan, JudgeAndTell, request.DryRun, cancellationToken);
        if (applied.IsApplied && IsFirst(applied.Change))
        {
            // Those that were made while the rules were loaded.
            untold |= ConnectionMemory.Tell(context.Machine.Sockets, _machine.Open, cancellationToken);
        }

        if (applied.Change.Plan.IsNothing)
        {
            guard.JudgeAllowed(applied.Change);
        }

        var outcome = Outcome(request, session, applied, guard);
        if (untold != 0)
        {
            outcome = outcome with
            {
                Warnings = [
                .. outcome.Warnings,
                $"existing connections are not tracked and may be treated as new: {new LinuxException(untold, "netlink").Message}"]
            };
        }

        if (request.Cut && (applied.IsApplied || (applied.Change.Plan.IsNothing && !request.DryRun)))
        {
            outcome = outcome with { Cut = Cut(request, applied.Change.Plan, guard, cancellationToken) };
        }

        Report(outcome, request);
        return guard.IsRefusedInDryRun || guard.LeavesClosed || outcome.Cut is { Problems.Count: > 0 } ? ExitCode.Failed : ExitCode.Success;

        void JudgeAndTell(ProposedChange proposed)
        {
            guard.Judge(proposed);
            if (!request.DryRun && IsFirst(proposed))
            {
                untold = ConnectionMemory.Tell(context.Machine.Sockets, _machine.Open, cancellationToken);
            }
        }
    }

    /// <summary>Whether Portolan has asked for the states of connections before.</summary>
    private static bool IsFirst(ProposedChange change) => change.Plan.Before.Rules.Count == 0 && change.Plan.After.Rules.Count > 0;

    private ChangeOutcome Outcome(RuleChangeRequest request, CallerSession session, AppliedChange applied, LockOutGuard guard) => new()
    {
        Command = request.Command,
        Applied = applied,
        DryRun = request.DryRun,
        Session = session,
        LockOut = guard.Checks,
        Managers = request.MayUseManager ? guard.Managers : [],
        Notes = [.. guard.Notes, .. Survivors(request, applied.Change.Plan)],
        Warnings = [.. guard.Warnings, .. Unloaded(applied)],
        Remark = request.Remark,
    };

    /// <summary>Rules that are saved and not there were taken away by somebody: the next confirmation would forget them for good.</summary>
    private string[] Unloaded(AppliedChange applied) =>
        applied.Change.Plan.Before.IsEmpty && applied.Expired.Count == 0 && _machine.FindPlace().Place is { Exists: true }
            ? [$"rules in /{SavedRules.RulesPath} are not loaded, e.g. after another program flushed all rules: nft -f "
                + $"/{SavedRules.RulesPath} loads them; a confirmation without them overwrites the file"]
            : [];

    /// <summary>Connections that exist pass before any rule of Portolan's is asked.</summary>
    private static IEnumerable<string> Survivors(RuleChangeRequest request, ChangePlan plan) =>
        !request.Cut && plan.Added.Any(r => r.Action is OwnAction.Block or OwnAction.Reject)
            ? ["existing connections continue; --cut ends them"]
            : [];

    /// <summary>Ends what the wanted rules stop, also where they were there before.</summary>
    private ConnectionCut Cut(RuleChangeRequest request, ChangePlan plan, LockOutGuard guard, CancellationToken cancellationToken)
    {
        var standing = plan.After.Rules.Where(r => r.PausedFor is null && request.Wanted.Any(r.DoesSameAs));
        var added = plan.Added.Union(standing).Where(r => r.Action is OwnAction.Block or OwnAction.Reject).ToList();
        return new ConnectionCutter(plan.After.Rules, added, guard.Own, guard.Host, _machine.Open)
            .Run(context.Machine.Sockets, cancellationToken);
    }

    private bool Ask(RuleChangeRequest request, ChangeOutcome outcome)
    {
        if (!context.InputIsTerminal || !context.ErrorIsTerminal)
        {
            throw new PortolanException(
                $"{request.Command} asks for confirmation, and stdin or stderr is not a terminal",
                $"add --yes, or look first with portolan {Advice.Prose(request.Command)} --dry-run",
                ExitCode.Usage);
        }

        new ChangeText(context).WriteDiff(outcome, "");
        context.Flush();
        context.Error.Write($"{request.Question} Go on? [y/N] ");
        context.Error.Flush();
        return context.Input.ReadLine()?.Trim().ToUpperInvariant() is "Y" or "YES";
    }

    private void Report(ChangeOutcome outcome, RuleChangeRequest request)
    {
        if (context.Json)
        {
            JsonOutput.WriteDocument(context.Output, json => ChangeJson.Write(json, outcome, context.Clock.GetUtcNow(), Survey.Host));
            return;
        }

        if (outcome.Applied.Change.Plan.IsNothing)
        {
            context.Writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{request.Nothing}"));
        }

        new ChangeText(context).Write(outcome);
        if (outcome.Managers.FirstOrDefault() is { } manager)
        {
            var words = Advice.Words([.. request.Wanted.Select(static r => r.Scope.PortWords), .. Senders(request.Wanted[0])]);
            context.Error.WriteLine(
                Advice.Of($"portolan allow {words} --via {manager} runs the commands of {manager} and evaluates the ports again").ToHint());
        }
    }

    private static string[] Senders(OwnRule rule) => rule.Scope.From.IsAny ? [] : ["--from", rule.Scope.From.ToString()];
}
