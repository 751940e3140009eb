using System.Globalization;
using Portolan.Cli.Charting;
using Portolan.Cli.Hosting;
using Portolan.Cli.Output;
using Portolan.Firewall.Changing;
using Portolan.Firewall.Changing.Planning;
using Portolan.Linux.Netlink;
using Portolan.Model;
using Portolan.Reachability.Cutting;
using Portolan.Reachability.Sessions;

namespace Portolan.Cli.Changing;

/// <summary>Makes a pending change: looks where the caller is, plans, judges, asks, applies, and says what is next.</summary>
internal sealed class ChangeRunner(CommandContext context)
{
    private readonly ChangeMachine _machine = context.ChangeMachine;

    /// <summary>Runs it.</summary>
    public ExitCode Run(ChangeRequest request, CancellationToken cancellationToken)
    {
        var session = _machine.FindSession(cancellationToken);
        var guard = new LockOutGuard(_machine, session, request, cancellationToken);
        var changer = new RuleChanger(() => _machine.Open(NetlinkFamily.Netfilter));
        ChangePlan Plan(Firewall.Changing.Table.OwnTable own, Firewall.Rules.Ruleset rules) =>
            request.Plan(own, rules, new ChangeContext(_machine.User(), context.Clock.GetUtcNow(), session.Origin, request.Within));

        if (request.Question is not null && !request.DryRun && !request.Yes)
        {
            var shown = changer.Apply(Plan, guard.Judge, isDryRun: true, cancellationToken);
            if (!shown.Change.Plan.IsNothing && !Ask(request, Outcome(request, session, shown, guard)))
            {
                return ExitCode.NothingFound;
            }
        }

        var applied = changer.Apply(Plan, guard.Judge, request.DryRun, cancellationToken);
        var outcome = Outcome(request, session, applied, guard);
        if (applied.IsApplied && request.Cut)
        {
            outcome = outcome with { Cut = Cut(applied.Change.Plan, session, cancellationToken) };
        }

        Report(outcome, request);
        return guard.IsRefusedInDryRun || outcome.Cut is { Problems.Count: > 0 } ? ExitCode.Failed : ExitCode.Success;
    }

    private static ChangeOutcome Outcome(ChangeRequest request, CallerSession session, AppliedChange applied, LockOutGuard guard) => new()
    {
        Command = request.Command,
        Applied = applied,
        DryRun = request.DryRun,
        Session = session,
        LockOut = guard.Checks,
        Notes = [.. guard.Notes, .. Survivors(request, applied.Change.Plan)],
        Warnings = guard.Warnings,
        Remark = request.Remark,
    };

    /// <summary>Connections that exist pass before any rule of Portolan's is asked.</summary>
    private static IEnumerable<string> Survivors(ChangeRequest request, ChangePlan plan) =>
        !request.Cut && plan.Added.Any(r => r.Action is OwnAction.Block or OwnAction.Reject)
            ? ["connections that exist go on; --cut ends them"]
            : [];

    private ConnectionCut Cut(ChangePlan plan, CallerSession session, CancellationToken cancellationToken)
    {
        var addresses = _machine.ReadHost(cancellationToken).Addresses.Select(a => a.Address).ToHashSet();
        var scopes = plan.Added.Where(r => r.Action is OwnAction.Block or OwnAction.Reject).Select(r => r.Scope).ToList();
        return ConnectionCut.Run(scopes, session.Connections, addresses, context.Sockets, _machine.Open, cancellationToken);
    }

    private bool Ask(ChangeRequest request, ChangeOutcome outcome)
    {
        if (!context.InputIsTerminal || !context.ErrorIsTerminal)
        {
            throw new PortolanException(
                $"{request.Command} asks before it does this, and there is no terminal to ask on",
                $"add --yes, or look first with portolan {request.Command} --dry-run",
                ExitCode.Usage);
        }

        new ChangeText(context).WriteDiff(outcome, "");
        context.Flush();
        context.Error.Write($"{request.Question} Go on? [y/N] ");
        context.Error.Flush();
        return context.Input.ReadLine()?.Trim().ToUpperInvariant() is "Y" or "YES";
    }

    private void Report(ChangeOutcome outcome, ChangeRequest request)
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
    }
}
