namespace Portolan.Firewall.Host.Routing;

/// <summary>One lookup on its way through the policy rules (fib_rules_lookup, net/core/fib_rules.c).</summary>
/// <param name="Map">The tables.</param>
/// <param name="Rules">The family's rules in order.</param>
/// <param name="Key">What is looked up.</param>
/// <param name="IsMerged">Whether the tables local and main are one.</param>
/// <param name="Device">The interface asked for or preferred, 0 for none.</param>
/// <param name="IsStrict">Whether other interfaces are passed over.</param>
internal sealed record PolicyLookup(RouteMap Map, PolicyRule[] Rules, RouteKey Key, bool IsMerged, int Device, bool IsStrict)
{
    private const byte ToTable = 1;
    private const byte GoTo = 2;
    private const byte Nothing = 3;

    /// <summary>The most rules with unknown tests that are followed both ways; what comes after them is in doubt.</summary>
    private const int MostForks = 6;

    internal string? InputName { get; init; }

    internal string? OutputName { get; init; }

    internal HostInterface? Vrf { get; init; }

    /// <summary>Whether the packet may have come out of a tunnel that hands on its key.</summary>
    internal bool MayHaveTunnel { get; init; }

    private int Forks { get; init; }

    /// <summary>Goes on at a rule with what is left.</summary>
    internal void Walk(int at, IntervalSet destinations, IntervalSet? sources, List<RoutePiece> result)
    {
        var waiting = new Stack<(int At, IntervalSet Destinations, IntervalSet? Sources)>();
        waiting.Push((at, destinations, sources));
        while (waiting.TryPop(out var item))
        {
            if (item.Destinations.IsEmpty || item.Sources is { IsEmpty: true })
            {
                continue;
            }

            if (item.At >= Rules.Length)
            {
                result.Add(new RoutePiece(item.Destinations, item.Sources, RouteOutcome.None));
                continue;
            }

            var rule = Rules[item.At];
            var match = MatchesFacts(rule);
            if (rule.IsInverted && rule.Source is null && rule.Destination is null)
            {
                match = !match;
            }

            if (match == false && !rule.IsInverted)
            {
                waiting.Push((item.At + 1, item.Destinations, item.Sources));
                continue;
            }

            foreach (var (matched, toDestinations, fromSources) in Split(rule, match, item.Destinations, item.Sources))
            {
                if (matched == false)
                {
                    waiting.Push((item.At + 1, toDestinations, fromSources));
                }
                else if (matched is null)
                {
                    Fork(item.At, rule, toDestinations, fromSources, result);
                }
                else
                {
                    Act(item.At, rule, toDestinations, fromSources, result, waiting);
                }
            }
        }
    }

    /// <summary>The tests that do not split: <c>null</c> where one cannot be decided. The inversion comes after them.</summary>
    private bool? MatchesFacts(PolicyRule rule)
    {
        if ((rule.InputInterface is { } input && input != InputName && input != Vrf?.Name)
            || (rule.OutputInterface is { } output && output != OutputName)
            || (rule.IsVrf && Vrf?.VrfTable is null)
            || (Key.Mark is { } mark && ((rule.Mark ^ mark) & rule.MarkMask) != 0)
            || (rule.TunnelId is > 0 && !MayHaveTunnel))
        {
            return false;
        }

        bool? transport = !rule.TestsTransport ? true : Key.Transport?.Fits(rule);
        return transport == false ? false
            : rule.HasOtherTests || rule.TunnelId is > 0 || (Key.Mark is null && rule.MarkMask != 0) ? null
            : transport;
    }

    /// <summary>Splits by the prefixes of a rule, and turns the match round where the rule says so.</summary>
    private static List<(bool? Matched, IntervalSet Destinations, IntervalSet? Sources)> Split(
        PolicyRule rule, bool? facts, IntervalSet destinations, IntervalSet? sources)
    {
        if (rule.Source is null && rule.Destination is null)
        {
            return [(facts, destinations, sources)];
        }

        var (inside, outside) = (destinations, IntervalSet.Empty);
        if (rule.Destination is { } to)
        {
            var prefix = IntervalSet.Prefix(to.Number, rule.DestinationLength, to.BitCount);
            (inside, outside) = (destinations.Intersect(prefix), destinations.Except(prefix));
        }

        IntervalSet? from = sources, notFrom = IntervalSet.Empty;
        if (rule.Source is { } source)
        {
            var prefix = IntervalSet.Prefix(source.Number, rule.SourceLength, source.BitCount);
            // A packet without a source has the address zero.
            var matchesNone = sources is null && rule.SourceLength > 0 && !prefix.Contains(0);
            from = sources is not null ? sources.Intersect(prefix) : matchesNone ? IntervalSet.Empty : null;
            notFrom = sources is not null ? sources.Except(prefix) : matchesNone ? null : IntervalSet.Empty;
        }

        bool? fits = rule.IsInverted ? !facts : facts;
        return [(fits, inside, from), (rule.IsInverted, inside, notFrom), (rule.IsInverted, outside, sources)];
    }

    private void Act(
        int at, PolicyRule rule, IntervalSet destinations, IntervalSet? sources, List<RoutePiece> result,
        Stack<(int At, IntervalSet Destinations, IntervalSet? Sources)> waiting)
    {
        if (destinations.IsEmpty || sources is { IsEmpty: true })
        {
            return;
        }

        switch (rule.Action)
        {
            case ToTable:
                LookUp(at, rule, destinations, sources, result, waiting);
                break;
            case GoTo when Target(at, rule) is var target and > 0:
                waiting.Push((target, destinations, sources));
                break;
            case GoTo or Nothing:
                waiting.Push((at + 1, destinations, sources));
                break;
            default:
                // FR_ACT_BLACKHOLE, UNREACHABLE and PROHIBIT have the numbers of the kinds of routes.
                result.Add(new RoutePiece(destinations, sources, new RouteOutcome((HostRouteKind)rule.Action) { Rule = rule }));
                break;
        }
    }

    private void LookUp(
        int at, PolicyRule rule, IntervalSet destinations, IntervalSet? sources, List<RoutePiece> result,
        Stack<(int At, IntervalSet Destinations, IntervalSet? Sources)> waiting)
    {
        var table = rule.IsVrf ? Vrf!.VrfTable!.Value : rule.Table;
        if (IsMerged && rule.Table == 254)
        {
            waiting.Push((at + 1, destinations, sources)); // looked at with "local"
            return;
        }

        var left =
            Map.Table(table, Key.IsIPv4, new RouteSelection(Device, IsStrict, Vrf?.Index ?? 0)).Split(destinations, (part, candidates) =>
        {
            var from = sources;
            string? doubt = null;
            foreach (var candidate in candidates)
            {
                var (route, fitting) = (candidate.Route, from);
                if (route.TypeOfService != 0)
                {
                    doubt = $"a route applies only to packets with type of service 0x{route.TypeOfService:x2}";
                    continue;
                }

                if (route.From is { } prefix)
                {
                    var wanted = IntervalSet.Prefix(prefix.Number, route.FromLength, 128);
                    fitting = from is null ? wanted.Contains(0) ? null : IntervalSet.Empty : from.Intersect(wanted);
                    from = from is null ? wanted.Contains(0) ? IntervalSet.Empty : null : from.Except(wanted);
                }
                else
                {
                    from = IntervalSet.Empty;
                }

                if (route.Kind == HostRouteKind.Throw || IsSuppressed(rule, candidate))
                {
                    waiting.Push((at + 1, part, fitting));
                }
                else if (fitting is not { IsEmpty: true })
                {
                    result.Add(new RoutePiece(part, fitting, new RouteOutcome(route.Kind)
                    {
                        Interfaces = candidate.Interfaces,
                        Gateway = candidate.Interfaces.Count > 0 ? route.GatewayBeyond(candidate.Interfaces[0]) : null,
                        Source = route.Source,
                        Route = route,
                        Rule = IsMerged && route.Table == 254 && at + 1 < Rules.Length ? Rules[at + 1] : rule,
                        Doubt = candidate.Doubt ?? doubt,
                    }));
                }
            }

            waiting.Push((at + 1, part, from));
        });
        waiting.Push((at + 1, left, sources));
    }

    private bool IsSuppressed(PolicyRule rule, RouteCandidate candidate) =>
        (rule.SuppressPrefixLength is { } length && candidate.Route.PrefixLength <= length)
        || (rule.SuppressInterfaceGroup is { } group && candidate.Interfaces.Count > 0
            && Map.Interface(candidate.Interfaces[0])?.Group == group);

    private int Target(int at, PolicyRule rule)
    {
        for (var i = at + 1; i < Rules.Length; i++)
        {
            if (Rules[i].Priority == rule.GotoPriority)
            {
                return i;
            }
        }

        return 0;
    }

    /// <summary>Follows a rule that may match or not both ways: where they differ, the outcome without it stands, in doubt.</summary>
    private void Fork(int at, PolicyRule rule, IntervalSet destinations, IntervalSet? sources, List<RoutePiece> result)
    {
        if (destinations.IsEmpty || sources is { IsEmpty: true })
        {
            return;
        }

        var doubt = $"policy rule {rule} tests an unknown value";
        var (without, with) = (new List<RoutePiece>(), new List<RoutePiece>());
        var inner = this with { Forks = Forks + 1 };
        inner.Walk(at + 1, destinations, sources, without);
        if (Forks < MostForks)
        {
            var waiting = new Stack<(int At, IntervalSet Destinations, IntervalSet? Sources)>();
            Act(at, rule, destinations, sources, with, waiting);
            while (waiting.TryPop(out var item))
            {
                inner.Walk(item.At, item.Destinations, item.Sources, with);
            }
        }
        else
        {
            with.Add(new RoutePiece(destinations, sources, RouteOutcome.None with { Doubt = doubt }));
        }

        foreach (var one in without)
        {
            foreach (var other in with)
            {
                var to = one.Destinations.Intersect(other.Destinations);
                var from = one.Sources is null || other.Sources is null ? one.Sources : one.Sources.Intersect(other.Sources);
                if (!to.IsEmpty && from is not { IsEmpty: true })
                {
                    var agree = one.Outcome.IsSameAs(other.Outcome) && other.Outcome.Doubt is null;
                    result.Add(new RoutePiece(to, from, agree ? one.Outcome : one.Outcome with { Doubt = one.Outcome.Doubt ?? doubt }));
                }
            }
        }
    }
}
