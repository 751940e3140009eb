using Portolan.Firewall.Changing;
using Portolan.Firewall.Changing.Table;
using Portolan.Firewall.Host;
using Portolan.Firewall.Intervals;
using Portolan.Firewall.Judging;
using Portolan.Firewall.Managers;
using Portolan.Firewall.Rules;
using Portolan.Model;
using Portolan.Reachability.Sources;

namespace Portolan.Cli.Changing;

/// <summary>Judges whether what an allow is to let in gets in: an accept ends only Portolan's chain, and what another table drops stays dropped.</summary>
internal sealed class AllowJudge(ChangeMachine machine, HostFacts host, Func<RuleReference?, string> name, CancellationToken cancellationToken)
{
    /// <summary>So many pieces of the ports are judged for each protocol and family; rules that cut them smaller are nobody's.</summary>
    private const int MostPieces = 1024;

    /// <summary>Managers' commands take one range and one sender each; more than this nobody pastes.</summary>
    private const int MostCommands = 12;

    /// <summary>Its commands are lines of a configuration.</summary>
    private const string NixOS = "NixOS";

    /// <summary>What a person should worry about, one sentence for each rule that stands in the way.</summary>
    public IEnumerable<string> Warnings(OwnRule rule, ProposedChange proposed)
    {
        var scope = rule.Scope;
        var interfaces = scope.Interface is { } wanted ? host.Interfaces.Where(i => i.Name == wanted).Select(i => i.Index).ToList() : null;
        if (interfaces is [])
        {
            yield return $"rule #{rule.Number} is for interface {scope.Interface}, and there is none of that name now";
            yield break;
        }

        var (obstacles, isComplete) = Find(scope, interfaces, proposed);
        var rest = obstacles;
        while (rest.Count > 0)
        {
            var one = rest[0];
            yield return Sentence(rule, [.. rest.Where(o => o.IsOf(one.Decider))], proposed.Current);
            rest = [.. rest.Where(o => !o.IsOf(one.Decider))];
        }

        if (!isComplete)
        {
            yield return $"rule #{rule.Number} is for so many ports that other rules tell apart that only the first of them were judged";
        }
    }

    private (List<Obstacle> Found, bool IsComplete) Find(RuleScope scope, List<int>? interfaces, ProposedChange proposed)
    {
        var pieces = PortPieces.Of(scope.Ports, proposed.Proposed);
        var found = new List<Obstacle>();
        foreach (var isIPv4 in (ReadOnlySpan<bool>)[true, false])
        {
            // A machine without an address of a family takes none of its packets: nothing stands in the way there.
            if (!scope.Has(isIPv4) || !host.Addresses.Any(a => a.Address.IsIPv4 == isIPv4 && !a.Address.IsLoopback))
            {
                continue;
            }

            foreach (var protocol in scope.Protocols)
            {
                foreach (var piece in pieces.Take(MostPieces))
                {
                    var answer = machine.Judge(proposed.Proposed, host, Query(scope, isIPv4, protocol, piece, interfaces), cancellationToken);
                    if (answer.Regions.FirstOrDefault(IsRefusedByOthers) is { Outcome: { Decider: { } decider } outcome })
                    {
                        var isAll = answer.Regions.All(r => r.Outcome.Decision is FlowDecision.Drop or FlowDecision.Reject);
                        Take(found, new Obstacle(decider, isIPv4, protocol, outcome)
                        {
                            IsAll = isAll,
                            Stopped = Sources(answer, r => r.Outcome.Decider is { } by && ReferenceEquals(by.Rule, decider.Rule) && ReferenceEquals(by.Chain, decider.Chain)),
                            LetIn = Sources(answer, r => r.Outcome.Decision == FlowDecision.Accept),
                        },
                        piece);
                    }
                }
            }
        }

        return (found, pieces.Count <= MostPieces);
    }

    private static FlowQuery Query(RuleScope scope, bool isIPv4, TransportProtocol protocol, PortRange piece, List<int>? interfaces) => new()
    {
        Direction = FlowDirection.Inbound,
        IsIPv4 = isIPv4,
        Protocol = (byte)protocol,
        DestinationPort = piece.First.Value,
        Sources = scope.From.IsAny ? null : scope.From.Of(isIPv4),
        Destinations = scope.To.IsAny ? null : scope.To.Of(isIPv4),
        Interfaces = interfaces,
        WithReplies = false,
    };

    private static IntervalSet Sources(FlowAnswer answer, Func<FlowRegion, bool> isWanted) =>
        answer.Regions.Where(isWanted).Aggregate(IntervalSet.Empty, (all, r) => all.Union(r.Packets.Sources));

    private static bool IsRefusedByOthers(FlowRegion region) =>
        region.Outcome is { Decision: FlowDecision.Drop or FlowDecision.Reject, Decider: { } decider }
        && !OwnTable.Is(decider.Table);

    private static void Take(List<Obstacle> found, Obstacle obstacle, PortRange piece)
    {
        var known = found.Find(o => o.IsIPv4 == obstacle.IsIPv4 && o.Protocol == obstacle.Protocol && o.IsOf(obstacle.Decider) && o.Outcome.Translation == obstacle.Outcome.Translation);
        if (known is null)
        {
            found.Add(known = obstacle);
        }

        known.IsAll &= obstacle.IsAll;
        known.Stopped = known.Stopped.Union(obstacle.Stopped);
        known.LetIn = known.LetIn.Intersect(obstacle.LetIn);
        known.Ports.Add(piece);
    }

    /// <summary>One sentence for all that one rule drops.</summary>
    private string Sentence(OwnRule rule, List<Obstacle> obstacles, Ruleset current)
    {
        var what = string.Join(", ", obstacles.Select(o => $"{o.Ports}/{o.Protocol.Name()}").Distinct(StringComparer.Ordinal));
        var families = string.Join(" and ", obstacles.Select(o => o.IsIPv4 ? "IPv4" : "IPv6").Distinct(StringComparer.Ordinal));
        var part = obstacles.TrueForAll(o => o.IsAll) ? "" : "all of ";
        return $"rule #{rule.Number} cannot let {part}{what} in over {families}: {name(obstacles[0].Decider)} drops it, and a drop is final whatever Portolan accepts{Remedy(current, obstacles, rule.Scope)}";
    }

    /// <summary>The commands of whoever made the rule that stands in the way, completing a sentence.</summary>
    private static string Remedy(Ruleset rules, List<Obstacle> obstacles, RuleScope wanted)
    {
        if (RuleManagers.Of(rules).OwnerOf(obstacles[0].Decider) is not { } manager)
        {
            return " (nobody known made it)";
        }

        var commands = obstacles.SelectMany(o => Commands(manager, o, wanted)).Distinct(StringComparer.Ordinal).Take(MostCommands + 1).ToList();
        return commands.Count switch
        {
            0 => $" ({manager.Name} made it, and no command of it is known that lets this in)",
            > MostCommands => $"; {manager.Name} made it, so run this, and the same for the other ports and senders: {commands[0]}",
            _ => $"; {manager.Name} made it, so run: {string.Join(manager.Name == NixOS ? " " : " && ", commands)}",
        };
    }

    private static IEnumerable<string> Commands(RuleManager manager, Obstacle obstacle, RuleScope wanted)
    {
        var (decider, outcome) = (obstacle.Decider, obstacle.Outcome);
        var ending = outcome.Path is [.., var visit] && ReferenceEquals(visit.Decider.Table, decider.Table) ? visit.Chain : decider.Chain;
        var translation = ending.Hook?.Point is HookPoint.Input or HookPoint.Forward ? outcome.Translation : null;
        var to = ending.Hook?.Point is HookPoint.Forward ? translation?.Address?.ToString() : null;
        IEnumerable<PortRange> ranges = translation?.Port is { } port ? [new PortRange(new PortNumber(port), new PortNumber(port))] : obstacle.Ports.Ranges;
        return ranges
            .SelectMany(range => Senders(wanted, obstacle).Select(from => manager.AllowCommand(range, obstacle.Protocol.Name(), from, decider, ending, to)))
            .OfType<string>();
    }

    /// <summary>Managers take an address or a prefix. Where others are let in already, only those are named whom the rule stops.</summary>
    private static IEnumerable<string?> Senders(RuleScope wanted, Obstacle obstacle)
    {
        var isIPv4 = obstacle.IsIPv4;
        var senders = wanted.From.Of(isIPv4);
        if (!obstacle.LetIn.Except(obstacle.Stopped).IsEmpty)
        {
            return PrefixCover.Find(obstacle.Stopped, obstacle.LetIn.Except(obstacle.Stopped), isIPv4, MostCommands + 1).Select(string? (p) => p.ToString());
        }

        return wanted.From.IsAny
            ? Enumerable.Repeat<string?>(null, 1)
            : PrefixCover.Find(senders, IntervalSet.All(isIPv4 ? 32 : 128).Except(senders), isIPv4, MostCommands + 1).Select(string? (p) => p.ToString());
    }

    /// <summary>A rule or policy in the way of some ports.</summary>
    private sealed class Obstacle(RuleReference decider, bool isIPv4, TransportProtocol protocol, FlowOutcome outcome)
    {
        public RuleReference Decider { get; } = decider;

        public bool IsIPv4 { get; } = isIPv4;

        public TransportProtocol Protocol { get; } = protocol;

        public FlowOutcome Outcome { get; } = outcome;

        public PortSet Ports { get; } = new();

        /// <summary>The senders whom it stops.</summary>
        public required IntervalSet Stopped { get; set; }

        /// <summary>The senders of whom packets are let in.</summary>
        public required IntervalSet LetIn { get; set; }

        /// <summary>Whether nobody who is to get in does.</summary>
        public bool IsAll { get; set; } = true;

        public bool IsOf(RuleReference other) =>
            ReferenceEquals(Decider.Table, other.Table) && ReferenceEquals(Decider.Chain, other.Chain) && ReferenceEquals(Decider.Rule, other.Rule);
    }
}
