using Portolan.Firewall.Changing;
using Portolan.Firewall.Changing.Table;
using Portolan.Firewall.Host;
using Portolan.Firewall.Managers;
using Portolan.Firewall.Rules;
using Portolan.Model;
using Portolan.Reachability.Composing;

namespace Portolan.Cli.Changing.Via;

/// <summary>Plans which commands of a manager let packets in that its rules stop, and judges what is decided before and after.</summary>
internal sealed class ViaPlanner(ChangeMachine machine, HostFacts host, CancellationToken cancellationToken)
{
    /// <param name="manager">The manager's name.</param>
    /// <param name="wanted">What is to be let in.</param>
    /// <param name="rules">The rules as they are.</param>
    public ViaPlan Plan(string manager, IReadOnlyList<OwnRule> wanted, Ruleset rules)
    {
        var judge = new AllowJudge(machine, host, LockOutWords.Name, cancellationToken);
        var plan = new ViaPlan { After = rules, Before = Rows(wanted, rules) };
        foreach (var rule in wanted)
        {
            // Behind the rule that stops packets may be another that stops some of them.
            for (var known = -1; known < plan.Commands.Count && plan.Commands.Count <= AllowJudge.MostCommands;)
            {
                known = plan.Commands.Count;
                Open(plan, judge, manager, rule);
            }
        }

        return plan;
    }

    /// <summary>What is decided under some rules, one row for each protocol and family.</summary>
    public List<ViaRow> Rows(IReadOnlyList<OwnRule> wanted, Ruleset rules)
    {
        var judge = new AllowJudge(machine, host, LockOutWords.Name, cancellationToken);
        var managers = RuleManagers.Of(rules);
        return
        [
            .. from rule in wanted
               from state in judge.Find(rule.Scope, rules).States
               let senders = rule.Scope.From.IsAny ? "" : $" from {string.Join(',', rule.Scope.From.Items(state.IsIPv4))}"
               select new ViaRow(
                   $"{rule.Scope.Ports}/{state.Protocol.Name()}{senders}", state.IsIPv4, state.Reach, By(managers, state.Decider)),
        ];
    }

    /// <summary>What still stops what is to be let in, in sentences, and whether no sender gets in over some protocol and family.</summary>
    /// <param name="wanted">What is to be let in.</param>
    /// <param name="rules">The rules that are judged.</param>
    /// <param name="verb">Such as <c>is still</c>.</param>
    public (List<string> Warnings, bool LeavesClosed) Obstacles(IReadOnlyList<OwnRule> wanted, Ruleset rules, string verb)
    {
        var judge = new AllowJudge(machine, host, LockOutWords.Name, cancellationToken) { Verb = verb };
        var warnings = wanted.SelectMany(rule => judge.Warnings(rule, rules)).ToList();
        var isClosed = judge.LeavesClosed;
        foreach (var rule in wanted)
        {
            // Portolan's own rules are asked before those of any manager.
            foreach (var state in judge.Find(rule.Scope, rules).States.Where(
                static s => s.Reach is AllowReach.Closed or AllowReach.Partly && s.Decider is { } by
                    && OwnTable.Is(by.Table)))
            {
                isClosed |= state.Reach == AllowReach.Closed;
                var (part, family) = (state.Reach == AllowReach.Partly ? "partly " : "", state.IsIPv4 ? "IPv4" : "IPv6");
                warnings.Add(
                    $"{rule.Scope.Ports}/{state.Protocol.Name()} {verb} {part}closed over {family} by Portolan's own "
                    + $"{LockOutWords.Name(state.Decider)}: run portolan allow without --via, or portolan firewall undo");
            }
        }

        return (warnings, isClosed);
    }

    private static string? By(RuleManagers managers, RuleReference? decider) =>
        decider is null ? null
        : managers.OwnerOf(decider) is { IsHabit: false, IsPortolan: false } manager ? manager.Name
        : LockOutWords.Name(decider);

    private static void Open(ViaPlan plan, AllowJudge judge, string manager, OwnRule rule)
    {
        var rules = plan.After;
        var finder = judge.Finder(rules);
        var obstacles = judge.Find(rule.Scope, rules).Obstacles.Where(o => finder.Managers.OwnerOf(o.Decider)?.Name == manager);
        foreach (var opening in obstacles.SelectMany(o => judge.Choices(finder, o, rule.Scope)).SelectMany(static c => c.Openings))
        {
            if (opening.Reversals.Count > 0)
            {
                plan.After = opening.Of(plan.After);
                foreach (var (words, reversal) in opening.Commands.Zip(opening.Reversals))
                {
                    Add(plan, new ViaCommand(words, reversal));
                }
            }
        }
    }

    /// <summary>
    /// Of two that are taken back in the same way the one that goes before other rules is first: behind the other it would do nothing.
    /// </summary>
    private static void Add(ViaPlan plan, ViaCommand command)
    {
        if (plan.Commands.Exists(c => c.Words.SequenceEqual(command.Words, StringComparer.Ordinal)))
        {
            return;
        }

        var same = plan.Commands.FindIndex(c => c.Reversal.SequenceEqual(command.Reversal, StringComparer.Ordinal));
        plan.Commands.Insert(
            same >= 0 && command.Words.Count > plan.Commands[same].Words.Count ? same : plan.Commands.Count, command);
    }
}
