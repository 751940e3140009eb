using Portolan.Firewall.Changing;
using Portolan.Firewall.Changing.Table;
using Portolan.Firewall.Host;
using Portolan.Firewall.Intervals;
using Portolan.Firewall.Judging;
using Portolan.Firewall.Openings;
using Portolan.Firewall.Remedies;
using Portolan.Firewall.Rules;
using Portolan.Model;
using Portolan.Reachability.Composing;
using Portolan.Reachability.Sources;

namespace Portolan.Cli.Changing;

/// <summary>
/// Judges whether what an allow is to let in gets in: an accept ends only Portolan's chain, and what another table drops stays dropped.
/// </summary>
internal sealed class AllowJudge(
    ChangeMachine machine, HostFacts host, Func<RuleReference?, string> name, CancellationToken cancellationToken)
{
    /// <summary>So many pieces of the ports are judged for each protocol and family; rules that cut them smaller are nobody's.</summary>
    private const int MostPieces = 1024;

    /// <summary>Managers' commands take one range and one sender each; more than this nobody pastes.</summary>
    public const int MostCommands = 12;

    /// <summary>Whether, as far as was judged, nobody whom a rule is to let in gets in over some protocol and family.</summary>
    public bool LeavesClosed { get; private set; }

    /// <summary>The managers that have a command of their own to let in what their rules stop.</summary>
    public SortedSet<string> Managers { get; } = new(StringComparer.Ordinal);

    /// <summary>
    /// What the sentences say of the port where no rule of Portolan's is to let it in, such as <c>is still</c>; <c>null</c> where one is.
    /// </summary>
    public string? Verb { get; init; }

    /// <summary>What a person should worry about, one sentence for each rule that is in the way.</summary>
    public IEnumerable<string> Warnings(OwnRule rule, Ruleset rules)
    {
        var scope = rule.Scope;
        var interfaces = scope.Interface is { } wanted ? host.Interfaces.Where(i => i.Name == wanted).Select(i => i.Index).ToList() : null;
        if (interfaces is [])
        {
            yield return $"rule #{rule.Number} is for interface {scope.Interface}, which does not exist now";
            yield break;
        }

        var (obstacles, _, isComplete) = Find(scope, rules, interfaces);
        LeavesClosed |= obstacles.Exists(static o => o.IsAll);
        var rest = obstacles;
        while (rest.Count > 0)
        {
            var one = rest[0];
            yield return Sentence(rule, [.. rest.Where(o => o.IsOf(one.Decider))], rules);
            rest = [.. rest.Where(o => !o.IsOf(one.Decider))];
        }

        if (!isComplete)
        {
            var who = Verb is null ? $"rule #{rule.Number} is" : "these are";
            yield return $"{who} for too many ports that other rules treat differently: only the first were evaluated";
        }
    }

    /// <summary>Looks for what is in the way.</summary>
    /// <param name="scope">What is to be let in.</param>
    /// <param name="rules">Under these rules.</param>
    /// <param name="interfaces">On these interfaces; <c>null</c> for every one.</param>
    public AllowFinding Find(RuleScope scope, Ruleset rules, List<int>? interfaces = null)
    {
        var pieces = PortPieces.Of(scope.Ports, rules);
        var (found, states) = (new List<Obstacle>(), new List<AllowState>());
        OpeningFinder? finder = null;
        foreach (var isIPv4 in (ReadOnlySpan<bool>)[true, false])
        {
            // A machine without an address of a family takes none of its packets: nothing is in the way there.
            if (!scope.Has(isIPv4) || !host.Addresses.Any(a => a.Address.IsIPv4 == isIPv4 && !a.Address.IsLoopback))
            {
                continue;
            }

            foreach (var protocol in scope.Protocols)
            {
                var state = new AllowState(protocol, isIPv4);
                states.Add(state);
                foreach (var piece in pieces.Take(MostPieces))
                {
                    var answer = machine.Judge(rules, host, Query(scope, isIPv4, protocol, piece, interfaces), cancellationToken);
                    state.Take(answer);
                    // A ban of a few beside a rule for all is not why the port is closed.
                    var refused = answer.Regions.Where(IsRefusedByOthers).ToList();
                    var first = refused.Count > 1
                        ? refused.Find(r => (finder ??= Finder(rules)).ProtectionOf(r.Outcome.Decider!) is null) ?? refused[0]
                        : refused.FirstOrDefault();
                    if (first is { Outcome: { Decider: { } decider } outcome })
                    {
                        var isAll = answer.Regions.All(r => r.Outcome.Decision is FlowDecision.Drop or FlowDecision.Reject);
                        Take(found, new Obstacle(decider, isIPv4, protocol, outcome)
                        {
                            IsAll = isAll,
                            Stopped = Sources(
                                answer,
                                r => r.Outcome.Decider is { } by && ReferenceEquals(by.Rule, decider.Rule)
                                    && ReferenceEquals(by.Chain, decider.Chain)),
                            LetIn = Sources(answer, r => r.Outcome.Decision == FlowDecision.Accept),
                        },
                        piece);
                    }
                }
            }
        }

        return new AllowFinding(found, states, pieces.Count <= MostPieces);
    }

    private static FlowQuery Query(RuleScope scope, bool isIPv4, TransportProtocol protocol, PortRange piece, List<int>? interfaces) =>
        new()
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
        var known = found.Find(
            o => o.IsIPv4 == obstacle.IsIPv4 && o.Protocol == obstacle.Protocol && o.IsOf(obstacle.Decider)
                && o.Outcome.Translation == obstacle.Outcome.Translation);
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
    private string Sentence(OwnRule rule, List<Obstacle> obstacles, Ruleset proposed)
    {
        var what = string.Join(", ", obstacles.Select(o => $"{o.Ports}/{o.Protocol.Name()}").Distinct(StringComparer.Ordinal));
        var families = string.Join(" and ", obstacles.Select(o => o.IsIPv4 ? "IPv4" : "IPv6").Distinct(StringComparer.Ordinal));
        var part = obstacles.TrueForAll(o => o.IsAll) ? "" : "all of ";
        var by = name(obstacles[0].Decider);
        var remedy = Remedy(proposed, obstacles, rule.Scope);
        if (Verb is { } verb)
        {
            verb = what.Contains(", ", StringComparison.Ordinal) ? verb.Replace("is", "are", StringComparison.Ordinal) : verb;
            return $"{what} {verb} {(part.Length > 0 ? "partly " : "")}closed over {families}: {by} drops it{remedy}";
        }

        return $"rule #{rule.Number} cannot let {part}{what} in over {families}: {by} drops it, "
            + $"and a drop is final even if Portolan accepts{remedy}";
    }

    /// <summary>The commands of the program that made the rule that is in the way, completing a sentence.</summary>
    private Advice Remedy(Ruleset rules, List<Obstacle> obstacles, RuleScope wanted)
    {
        var finder = Finder(rules);
        var choices = obstacles.SelectMany(o => Choices(finder, o, wanted)).Take(MostCommands + 1).ToList();
        var made = finder.Managers.OwnerOf(obstacles[0].Decider) is { } manager
            ? Advice.Of($"{manager.Name} made it")
            : $"its owner is unknown";
        var openings = choices.SelectMany(static c => c.Openings).ToList();
        if (finder.Managers.OwnerOf(obstacles[0].Decider) is { } owner && openings.Exists(static o => o.Reversals.Count > 0))
        {
            Managers.Add(owner.Name);
        }

        var commands = openings.Select(static o => o.Text(withSudo: false)).Distinct().ToList();
        if (choices.Find(static c => c.Protector is not null) is { Protector: { } protector } refused)
        {
            return refused.IsPassedOver
                ? Advice.Of($" ({made}; a rule before it would let packets past {Advice.Prose(name(protector))}, "
                    + $"{Advice.Prose(refused.Protection.Noun())})")
                : $" ({made}, and {Advice.Prose(name(protector))} is {Advice.Prose(refused.Protection.Noun())}: it stays)";
        }

        var lasting = openings.Find(static o => o.LastsUntil is not null) is { LastsUntil: { } maker }
            ? Advice.Of($"    # until {maker} makes its rules again")
            : $"";
        return commands.Count switch
        {
            0 => $" ({made}; no known command allows this traffic only)",
            > MostCommands => $"; {made}, so run this, and the same for the other ports and senders: {commands[0]}{lasting}",
            _ => $"; {made}, so {(openings[0].IsConfiguration ? "write" : "run")}: "
                + $"{(openings[0].IsConfiguration ? Advice.Join(" ", commands) : Advice.Join(" && ", commands))}{lasting}",
        };
    }

    /// <summary>What finds how packets can be let in under some rules.</summary>
    public OpeningFinder Finder(Ruleset rules) => new(rules, (under, query) => machine.Judge(under, host, query, cancellationToken));

    /// <summary>How what is in the way can be passed, one choice for each range of ports.</summary>
    public IEnumerable<OpeningChoice> Choices(OpeningFinder finder, Obstacle obstacle, RuleScope wanted)
    {
        var (decider, outcome) = (obstacle.Decider, obstacle.Outcome);
        var hook = (outcome.Path is [.., var visit] ? visit.Chain : decider.Chain).Hook?.Point;
        var translation = hook is HookPoint.Input or HookPoint.Forward ? outcome.Translation : null;
        var destination = wanted.To.IsAny ? IntervalSet.Empty : wanted.To.Of(obstacle.IsIPv4);
        InternetAddress? server = (hook is HookPoint.Forward ? translation?.Address : null)
            ?? (destination is { Count: 1, Size: 1 } ? InternetAddress.FromNumber(destination.Intervals[0].First, obstacle.IsIPv4) : null);
        var senders = Senders(wanted, obstacle).ToList();
        var interfaces = wanted.Interface is { } one
            ? [one]
            : host.Interfaces.Where(static i => i is { IsUp: true, IsLoopback: false }).Select(static i => i.Name).ToList();
        foreach (var range in obstacle.Ports.Ranges)
        {
            var ports = translation?.Port is { } port ? new PortRange(new PortNumber(port), new PortNumber(port)) : range;
            List<Passage> passages =
            [
                .. senders.Select(from => new Passage(obstacle.Protocol, ports)
                {
                    Client = from,
                    Server = server,
                    Interface = wanted.Interface,
                    IsLocal = server is null && hook is HookPoint.Prerouting or HookPoint.Ingress,
                }),
            ];
            var sources = senders.Contains(null)
                ? null
                : IntervalSet.From(senders.OfType<AddressPrefix>().Select(static p => new Interval(p.Address.Number, p.Last.Number)));
            var query = Query(
                wanted, obstacle.IsIPv4, obstacle.Protocol, range,
                wanted.Interface is null ? null : [.. host.Interfaces.Where(i => i.Name == wanted.Interface).Select(static i => i.Index)]);
            yield return finder.Find(
                outcome, passages, query with { Sources = sources ?? query.Sources }, interfaces, isFileOfRules: false);
        }
    }

    /// <summary>Managers take an address or a prefix. Where others are let in already, only those are named whom the rule stops,
    /// unless they are too many.</summary>
    private static IEnumerable<AddressPrefix?> Senders(RuleScope wanted, Obstacle obstacle)
    {
        var isIPv4 = obstacle.IsIPv4;
        var senders = wanted.From.Of(isIPv4);
        if (!obstacle.LetIn.Except(obstacle.Stopped).IsEmpty)
        {
            var few = PrefixCover.Find(obstacle.Stopped, obstacle.LetIn.Except(obstacle.Stopped), isIPv4, MostCommands + 1).ToList();
            if (few.Count <= MostCommands)
            {
                return few.Select(AddressPrefix? (p) => p);
            }
        }

        return wanted.From.IsAny
            ? Enumerable.Repeat<AddressPrefix?>(null, 1)
            : PrefixCover.Find(senders, IntervalSet.All(isIPv4 ? 32 : 128).Except(senders), isIPv4, MostCommands + 1).Select(
                AddressPrefix? (p) => p);
    }
}
