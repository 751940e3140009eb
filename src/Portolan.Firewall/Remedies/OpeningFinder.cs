using Portolan.Firewall.Judging;
using Portolan.Firewall.Managers;
using Portolan.Firewall.Openings;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Remedies;

/// <summary>Judges packets under rules.</summary>
public delegate FlowAnswer RulesJudge(Ruleset rules, FlowQuery query);

/// <summary>
/// Finds how packets that a rule stops can be let in without undoing what another rule protects from, and judges what else that changes.
/// </summary>
/// <remarks>
/// A drop is final, so only the table that drops can let them in: directly before the rule that stops them, or by the program that manages
/// the table.
/// </remarks>
public sealed class OpeningFinder
{
    private const uint BindingChain = 4; // NFT_CHAIN_BINDING
    private const int DeepestChain = 16;

    private readonly Ruleset _rules;
    private readonly Ruleset _unopened;
    private readonly RulesJudge _judge;
    private readonly RuleManagers _managers;
    private readonly ProtectiveRules _protective;

    /// <param name="rules">The rules as they are.</param>
    /// <param name="judge">Judges packets under these rules and others.</param>
    /// <param name="unopened">The rules as they were before openings that were chosen already; <c>null</c> for none.</param>
    public OpeningFinder(Ruleset rules, RulesJudge judge, Ruleset? unopened = null)
    {
        (_rules, _judge, _managers, _unopened) = (rules, judge, RuleManagers.Of(rules), unopened ?? rules);
        _protective = new ProtectiveRules(_managers);
    }

    /// <summary>Who manages the rules.</summary>
    public RuleManagers Managers => _managers;

    /// <summary>What a rule protects from, or <c>null</c>.</summary>
    public Protection? ProtectionOf(RuleReference rule) => _protective.Of(rule);

    /// <summary>
    /// The rule that protects from packets that are stopped: the one that stops them, or one that had them go where they are stopped;
    /// <c>null</c> for none.
    /// </summary>
    /// <param name="outcome">What becomes of the packets; it has a decider.</param>
    /// <param name="passage">The packets.</param>
    /// <param name="query">The same packets as a question.</param>
    public RuleReference? ProtectorOf(FlowOutcome outcome, Passage passage, FlowQuery query)
    {
        var change = new ChangeJudge(_rules, _judge, _protective, outcome.Decider!, _unopened);
        return Place(change, outcome.Decider!, [passage], query).Protector
            ?? new ProtectorsBefore(_rules, _judge, change).Find(query)?.Rule;
    }

    /// <summary>Finds the way.</summary>
    /// <param name="outcome">What becomes of the packets; it has a decider.</param>
    /// <param name="passages">The packets, one for each sender.</param>
    /// <param name="query">The same packets as a question.</param>
    /// <param name="interfaces">The names of the interfaces that they arrive on. Hostile text.</param>
    /// <param name="isFileOfRules">Whether the rules are those of a file: then no manager has made them.</param>
    /// <param name="stopped">Those of the packets that come to this end in the same way; <c>null</c> for all.</param>
    public OpeningChoice Find(
        FlowOutcome outcome, IReadOnlyList<Passage> passages, FlowQuery query, IReadOnlyList<string> interfaces, bool isFileOfRules,
        FlowQuery? stopped = null)
    {
        var decider = outcome.Decider!;
        var none = new OpeningChoice { After = _rules };
        var change = new ChangeJudge(_rules, _judge, _protective, decider, _unopened);
        var (place, protector) = Place(change, decider, passages, stopped ?? query);
        if (protector is not null)
        {
            return none with { Protector = protector, Protection = _protective.Of(protector)!.Value };
        }

        if (new ProtectorsBefore(_rules, _judge, change).Find(stopped ?? query) is { } before)
        {
            return none with { Protector = before.Rule, Protection = before.From };
        }

        var refused = none;
        foreach (var openings in Candidates(decider, outcome, passages, place, interfaces, isFileOfRules))
        {
            var choice = PassedOver(openings, decider, passages) is { } passed
                ? none with { Protector = passed, Protection = _protective.Of(passed)!.Value, IsPassedOver = true }
                : change.Judge(openings, passages, query);
            if (choice is { Openings.Count: > 0 })
            {
                return choice;
            }

            refused = choice ?? refused;
        }

        return refused;
    }

    /// <summary>
    /// The same for packets that only one kind of message makes, such as neighbour discovery; what it changes is for the caller to judge.
    /// </summary>
    public OpeningChoice Insert(RuleReference decider, IReadOnlyList<Passage> passages)
    {
        var none = new OpeningChoice { After = _rules };
        if (_protective.Of(decider) is { } protection)
        {
            return none with { Protector = decider, Protection = protection };
        }

        var callers = _protective.CallersIn(decider.Table);
        var place = new RulePlace(decider.Table, decider.Chain, decider.Rule);
        while (IsInline(place.Chain) && callers.Of(place.Chain) is [var caller])
        {
            place = caller;
        }

        if (IsInline(place.Chain) || (place.Table.Flags & TableFlags.Owner) != 0)
        {
            return none;
        }

        Opening[] openings = [.. passages.Select(p => RuleInsertion.At(place, p))];
        return none with { Openings = openings, After = openings.Aggregate(_rules, static (all, o) => o.Of(all)) };
    }

    private IEnumerable<List<Opening>> Candidates(
        RuleReference decider, FlowOutcome outcome, IReadOnlyList<Passage> passages, RulePlace? place, IReadOnlyList<string> interfaces,
        bool isFileOfRules)
    {
        var manager = isFileOfRules ? null : _managers.OwnerOf(decider);
        var ending = outcome.Path is [.., var last] ? last.Chain : decider.Chain;
        if (manager is not null && passages.All(static p => !p.IsReply && p.IcmpType == 0))
        {
            var ways = passages.Select(
                p => manager.Allow(new AllowRequest(p, decider, ending, _rules) { Interfaces = interfaces }).ToList()).ToList();
            for (var i = 0; i < ways.Min(static w => w.Count); i++)
            {
                yield return [.. ways.Select(w => w[i])];
            }
        }

        // The kernel accepts no rules put into the chain inside of a rule, and only the owner into an owned table.
        if (place is not null && !IsInline(place.Chain) && (place.Table.Flags & TableFlags.Owner) == 0)
        {
            var lastsUntil = manager is null or { IsHabit: true } || place.Chain.Name == "DOCKER-USER" ? null : manager.Name;
            yield return [.. passages.Select(p => RuleInsertion.At(place, p) with { LastsUntil = lastsUntil })];
        }
    }

    /// <summary>
    /// Where a rule lets the packets in and nothing else, or the rule that protects from them: the one that stops them, or one that had
    /// them go where they are stopped.
    /// </summary>
    private (RulePlace? Place, RuleReference? Protector) Place(
        ChangeJudge change, RuleReference decider, IReadOnlyList<Passage> passages, FlowQuery query)
    {
        if (_protective.Of(decider) is not null)
        {
            return (null, decider);
        }

        var callers = _protective.CallersIn(decider.Table);
        var place = new RulePlace(decider.Table, decider.Chain, decider.Rule);
        for (var depth = 0; place.Chain.Hook is null && depth < DeepestChain; depth++)
        {
            if (!IsInline(place.Chain) && callers.BasesOf(place.Chain).Count < 2 && !IsProtectedAbove(callers, place.Chain))
            {
                break;
            }

            var from = callers.Of(place.Chain);
            if ((from.Count == 1 ? from[0] : Leading(change, from, query)) is not { } caller)
            {
                // Several rules have the packets go there: one of them may be what bans them.
                return (null,
                    from.Select(static c => new RuleReference(c.Table, c.Chain, c.Before)).FirstOrDefault(
                        r => _protective.Of(r) is not null));
            }

            var rule = new RuleReference(caller.Table, caller.Chain, caller.Before);
            if (_protective.Of(rule) is not null)
            {
                return (null, rule);
            }

            place = caller;
        }

        return (place, null);
    }

    private bool IsProtectedAbove(ChainCallers callers, RuleChain chain)
    {
        var (seen, open) = (new HashSet<string>(StringComparer.Ordinal) { chain.Name }, new Queue<RuleChain>([chain]));
        while (open.TryDequeue(out var next))
        {
            foreach (var caller in callers.Of(next))
            {
                if (_protective.Of(new RuleReference(caller.Table, caller.Chain, caller.Before)) is not null)
                {
                    return true;
                }

                if (seen.Add(caller.Chain.Name))
                {
                    open.Enqueue(caller.Chain);
                }
            }
        }

        return false;
    }

    /// <summary>
    /// Of several rules the one by which the packets come to what stops them: if it were alone, it would lead most of them there; the first
    /// of equals.
    /// </summary>
    private RulePlace? Leading(ChangeJudge change, IReadOnlyList<RulePlace> callers, FlowQuery query)
    {
        (RulePlace? Place, double Senders) best = (null, 0);
        foreach (var caller in callers)
        {
            var alone = callers.Where(c => c != caller).Aggregate(_rules, static (rules, other) => other.Deleted(rules));
            var senders = change.StoppedBy(_judge(alone, query));
            best = senders > best.Senders ? (caller, senders) : best;
        }

        return best.Place;
    }

    /// <summary>
    /// A rule behind the place whose protection changes by itself, as the members of its set do: what is let in before it never meets it.
    /// </summary>
    private RuleReference? PassedOver(List<Opening> openings, RuleReference decider, IReadOnlyList<Passage> passages)
    {
        foreach (var (opening, passage) in openings.Zip(passages))
        {
            foreach (var placed in passage.IsReply || passage.IcmpType != 0 ? [] : opening.Rules)
            {
                if (new RestOfWay(_protective, decider, passage).FindProtector(placed.Place) is { } found)
                {
                    return found;
                }
            }
        }

        return null;
    }

    private static bool IsInline(RuleChain chain) => (chain.Flags & BindingChain) != 0;
}
