using Portolan.Cli.Charting;
using Portolan.Cli.Hosting;
using Portolan.Firewall.Changing;
using Portolan.Firewall.Changing.Planning;
using Portolan.Firewall.Host;
using Portolan.Firewall.Managers;
using Portolan.Firewall.Rules;
using Portolan.Linux;
using Portolan.Linux.Netlink;
using Portolan.Model;
using Portolan.Model.Documents;
using Portolan.Reachability.Composing;
using Portolan.Reachability.Sessions;

namespace Portolan.Cli.Changing.Via;

/// <summary>What <c>allow --via</c> asks for.</summary>
/// <param name="Manager">The value of <c>--via</c>.</param>
/// <param name="Wanted">What is to be let in.</param>
internal sealed record ViaRequest(string Manager, IReadOnlyList<OwnRule> Wanted)
{
    public bool DryRun { get; init; }

    public bool Yes { get; init; }

    public bool Force { get; init; }
}

/// <summary>
/// Lets ports in through the manager of the rules: judges, shows, asks, runs its commands, and judges the kernel's rules again.
/// </summary>
internal sealed class ViaRunner(CommandContext context, ViaRequest request, CancellationToken cancellationToken)
{
    /// <summary>ufw waits for the lock of the rules as long as another program holds it.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly ChangeMachine _machine = context.Machine.Changes;
    private readonly List<string> _warnings = [];

    public ExitCode Run()
    {
        var known = ManagerProgram.Read(request.Manager, out var whyNot);
        if (known is not { } program)
        {
            throw Unusable(whyNot!);
        }

        var session = _machine.FindSession(cancellationToken);
        var before = Read();
        var rules = before.Change.Current;
        var path = Require(program, rules);
        var host = _machine.ReadHost(cancellationToken);
        var planner = new ViaPlanner(_machine, host, cancellationToken);
        var plan = planner.Plan(program.Manager, request.Wanted, rules);
        if (plan.Before.Count == 0)
        {
            throw new PortolanException(
                "nothing was evaluated or run: this machine has no address that other hosts could reach",
                $"ip -brief address lists the addresses", ExitCode.Failed);
        }

        if (plan.Commands.Count > AllowJudge.MostCommands)
        {
            throw new PortolanException(
                $"{program.Manager} takes one port range and one sender per command, and this would need "
                + $"{plan.Commands.Count}; at most {AllowJudge.MostCommands} are run",
                $"name fewer ports or senders at once", ExitCode.Usage);
        }

        var then = planner.Rows(request.Wanted, plan.After);
        var own = LockOutWords.AsSent(_machine, session.Connections, cancellationToken);
        var checks = own.ConvertAll(c => Check(c, plan.After, host));
        RefuseLockOut(own, checks, rules, host);
        var outcome = new ChangeOutcome
        {
            Command = "allow",
            Applied = before,
            DryRun = request.DryRun,
            Session = session,
            LockOut = checks,
            Notes = plan.Commands.Count == 0 ? [] : [.. Notes(program.Manager, session, own)],
            Via = new ViaOutcome(program.Manager, path, plan, then),
        };
        if (plan.Commands.Count == 0 || request.DryRun)
        {
            var verb = plan.Commands.Count == 0 ? "is" : "would still be";
            var (would, leavesClosed) = plan.IsOpen ? ([], false) : planner.Obstacles(request.Wanted, plan.After, verb);
            Report(outcome with { Warnings = [.. _warnings, .. would] });
            return leavesClosed || (plan.Commands.Count == 0 && !plan.IsOpen) ? ExitCode.Failed : ExitCode.Success;
        }

        if (!request.Yes && !Ask(outcome, planner))
        {
            return ExitCode.NothingFound;
        }

        context.EndInOrder();
        RunAll(path, plan);
        return ReportWhatIsTrue(outcome, own, rules);
    }

    private ExitCode ReportWhatIsTrue(ChangeOutcome outcome, List<ChangeOrigin> own, Ruleset before)
    {
        var now = Read();
        var host = _machine.ReadHost(cancellationToken);
        var planner = new ViaPlanner(_machine, host, cancellationToken);
        var (closed, leavesClosed) = planner.Obstacles(request.Wanted, now.Change.Current, "is still");
        _warnings.AddRange(closed);
        var checks = own.ConvertAll(c => Check(c, now.Change.Current, host));
        var isLockedOut = false;
        foreach (var check in checks.Where(c => IsStopped(c) && !IsStopped(Check(c.Connection, before, host))))
        {
            isLockedOut = true;
            _warnings.Add(
                $"{LockOutWords.Like("yours", check.Connection)} is blocked now by {LockOutWords.Name(check.Decider)}: "
                + "keep this session open and undo the change");
        }

        var via = outcome.Via!;
        var hasFailed = via.Plan.Commands.Exists(static c => c.IsFailed);
        var isApplied = via.Plan.Commands.Exists(static c => c is { IsRun: true, IsFailed: false });
        Report(outcome with
        {

            // The question has said them on the same terminal.
            Notes = isApplied && (request.Yes || context.Json) ? outcome.Notes : [],
            Applied = now with { IsApplied = isApplied },
            LockOut = checks,
            Warnings = _warnings,
            Via = via with { After = planner.Rows(request.Wanted, now.Change.Current) },
        });
        return hasFailed || leavesClosed || isLockedOut ? ExitCode.Failed : ExitCode.Success;
    }

    private static IEnumerable<string> Notes(string manager, CallerSession session, List<ChangeOrigin> own)
    {
        yield return $"a rule of {manager} is permanent: it does not expire, and portolan firewall undo does not remove it";
        if (session.Origin.Kind == ChangeOriginKind.Unknown && own.Count == 0)
        {
            yield return $"your own access was not evaluated: {session.WhyUnknown}";
        }
    }

    /// <summary>Portolan's own rules stay as they are; what is gone from them is said as ever.</summary>
    private AppliedChange Read() =>
        new RuleChanger(() => _machine.Open(NetlinkFamily.Netfilter)).Apply(
            static (own, _) => new ChangePlan(own.State, own.State), static _ => { }, isDryRun: true, cancellationToken);

    /// <summary>The path of the program of a manager whose rules are in force.</summary>
    private static string Require(ManagerProgram program, Ruleset rules)
    {
        var found = Found(rules);
        // ufw leaves its chains behind when it is turned off, and nothing in them.
        var isActive = RuleManagers.Of(rules).All.Any(
            m => m.Name == program.Manager && m.Chains.Any(static c => c.Chain.Rules.Count > 0));
        var others = found.Where(n => n != program.Manager).ToList();
        var hint = others.Count == 0
            ? Advice.Of($"leave out --via to add a rule of Portolan")
            : $"rules here are managed by {Advice.List(others)}; leave out --via to see which one blocks the packets and how to allow them";
        if (program.Path is not { } path)
        {
            throw new PortolanException(
                isActive
                    ? $"rules of {program.Manager} are active, but its program {program.Paths[0]} is not installed"
                    : $"{program.Manager} is not installed: {program.Paths[0]} does not exist",
                hint, ExitCode.Failed);
        }

        return !isActive
            ? throw new PortolanException(
                $"{program.Manager} is installed but not active (it has no rules in the kernel); nothing was run",
                hint, ExitCode.Failed)
            : program.IsForbidden
            ? throw new PortolanException(
                $"{program.Manager} requires root", $"run it as root, e.g. with sudo", ExitCode.NoPrivilege)
            : path;
    }

    /// <summary>The names of those who made rules, without Portolan.</summary>
    private static List<string> Found(Ruleset rules) =>
        [.. RuleManagers.Of(rules).All.Where(static m => !m.IsPortolan).Select(static m => m.Name)];

    /// <summary>Why a manager cannot be used, whose rules there are, and what can be done by hand.</summary>
    private PortolanException Unusable(string why)
    {
        List<string> found = [];
        try
        {
            var rules = Read().Change.Current;
            found = Found(rules);
            var planner = new ViaPlanner(_machine, _machine.ReadHost(cancellationToken), cancellationToken);
            foreach (var sentence in planner.Obstacles(request.Wanted, rules, "is").Warnings)
            {
                ErrorLines.Write(context, "portolan: " + TerminalText.Escape(sentence));
            }
        }
        catch (PortolanException)
        {
            // Rules that may not be read name nobody; the refusal stands all the same.
        }

        return new PortolanException(
            $"--via takes {string.Join(" and ", ManagerProgram.Names)}, not {request.Manager}: {why}",
            found.Find(static n => ManagerProgram.Of(n) is not null) is { } usable
            ? $"rules here are managed by {Advice.List(found)}: try --via {usable}"
            : found.Count > 0 ? $"rules here are managed by {Advice.List(found)}; leave out --via to add a rule of Portolan"
            : Advice.Of($"leave out --via to add a rule of Portolan; rules that still block the packets are shown with their remedy"),
            ExitCode.Usage);
    }

    private LockOutCheck Check(ChangeOrigin connection, Ruleset rules, HostFacts host) =>
        LockOutCheck.Of(connection, rules, host, (r, h, query) => _machine.Judge(r, h, query, cancellationToken));

    private static bool IsStopped(LockOutCheck check) => check.Fate is LockOutFate.LockedOut or LockOutFate.OthersRefuse;

    /// <summary>Nothing takes back a manager's commands by itself, so what would stop the caller is refused here as everywhere.</summary>
    private void RefuseLockOut(List<ChangeOrigin> own, List<LockOutCheck> checks, Ruleset rules, HostFacts host)
    {
        foreach (var (connection, check) in own.Zip(checks))
        {
            if (!IsStopped(check) || IsStopped(Check(connection, rules, host)))
            {
                continue;
            }

            var who = $"{LockOutWords.Like("yours", connection)} would be stopped by {LockOutWords.Name(check.Decider)}";
            if (!request.Force && !request.DryRun)
            {
                throw new PortolanException($"refused, and nothing was run: {who}", $"add --force to run it anyway", ExitCode.Failed);
            }

            _warnings.Add(who);
        }
    }

    private bool Ask(ChangeOutcome outcome, ViaPlanner planner)
    {
        if (!context.InputIsTerminal || !context.ErrorIsTerminal)
        {
            throw new PortolanException(
                "allow --via asks for confirmation, and stdin or stderr is not a terminal",
                $"add --yes, or look first with --dry-run", ExitCode.Usage);
        }

        var via = outcome.Via!;
        foreach (var line in ViaText.Rows(via.Plan.Before, via.After).Concat(via.Plan.Commands.Select(static c => "  " + c.Text)))
        {
            context.Error.WriteLine(line);
        }

        var warnings = planner.Obstacles(request.Wanted, via.Plan.After, "would still be").Warnings.Concat(_warnings);
        foreach (var text in outcome.Notes.Select(static n => "note: " + n).Concat(warnings.Select(static w => "warning: " + w)))
        {
            ErrorLines.Write(context, "portolan: " + TerminalText.Escape(text));
        }

        context.Error.Write($"Run {(via.Plan.Commands.Count == 1 ? "this" : "these")}? [y/N] ");
        context.Error.Flush();
        if (context.Input.ReadLine()?.Trim().ToUpperInvariant() is "Y" or "YES")
        {
            return true;
        }

        context.Error.WriteLine("portolan: nothing was run");
        return false;
    }

    /// <summary>Runs the commands until one fails.</summary>
    private static void RunAll(string path, ViaPlan plan)
    {
        foreach (var command in plan.Commands)
        {
            try
            {
                // Cut short it may leave half of a rule.
                var result = ProgramRunner.Run(path, [.. command.Words.Skip(1)], Patience, CancellationToken.None);
                (command.ExitCode, command.Output) = (result.ExitCode, OneLine(result.Output + "\n" + result.Error));
            }
            catch (PortolanException exception)
            {
                command.Output = exception.Message;
            }

            if (command.IsFailed)
            {
                return;
            }
        }
    }

    private static string OneLine(string text) =>
        string.Join("; ", text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));

    private void Report(ChangeOutcome outcome)
    {
        if (context.Json)
        {
            JsonOutput.WriteDocument(context.Output, json => ChangeJson.Write(json, outcome, context.Clock.GetUtcNow(), Survey.Host));
            return;
        }

        new ChangeText(context).Write(outcome);
    }
}
