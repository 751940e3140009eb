using System.Collections.Concurrent;

namespace Portolan.Firewall.Host.Routing;

/// <summary>
/// The check of senders (__fib_validate_source), for all senders and all interfaces of a class at once; asked once for each way a packet
/// may leave.
/// </summary>
/// <remarks>Safe for any thread.</remarks>
internal sealed class SenderChecks(RouteMap map)
{
    private static readonly IntervalSet Everybody = IntervalSet.All(32);
    private readonly ConcurrentDictionary<(InterfaceClass Class, RouteKey Key, bool IsQuick), IReadOnlyList<SenderCheck>> _known = new();

    /// <summary>What the check says; the parts share no packet and together are all senders to the destinations of the key.</summary>
    /// <param name="class">The interfaces.</param>
    /// <param name="key">What the way back is looked up by; its sources are the packets' destinations.</param>
    /// <param name="isQuick">Whether only own addresses are refused (fib_validate_source without rp_filter and policy rules).</param>
    internal IReadOnlyList<SenderCheck> Find(InterfaceClass @class, RouteKey key, bool isQuick) =>
        _known.GetOrAdd((@class, key, isQuick), static (asked, checks) => checks.Check(asked.Class, asked.Key, asked.IsQuick), this);

    private List<SenderCheck> Check(InterfaceClass @class, RouteKey key, bool isQuick)
    {
        var device = @class.Settings;
        var plain = new Dictionary<(SenderFate Fate, string? Doubt, IntervalSet Destinations), List<Interval>>();
        var result = new List<SenderCheck>();
        var pairs = new List<(IntervalSet Senders, IntervalSet Interfaces)>();
        foreach (var back in map.Find(Everybody, key))
        {
            var (kind, doubt) = (back.Outcome.Kind, isQuick ? null : back.Outcome.Doubt);
            if (!isQuick && kind == HostRouteKind.Unicast && IsStrict(@class))
            {
                var leading = LeadingBack(back.Outcome, @class);
                if (doubt is null && back.Sources!.Equals(key.Sources))
                {
                    pairs.Add((back.Destinations, leading));
                    continue;
                }

                result.Add(new SenderCheck(back.Destinations, back.Sources!, leading, SenderFate.Passed) { Doubt = doubt });
                result.Add(
                    new SenderCheck(
                        back.Destinations, back.Sources!, @class.Interfaces.Except(leading), SenderFate.WrongWay)
                    { Doubt = doubt });
                continue;
            }

            var fate = isQuick
                ? kind == HostRouteKind.Local ? SenderFate.Martian : SenderFate.Passed
                : kind is HostRouteKind.None or >= HostRouteKind.Blackhole
                ? device.ReversePathFilter != 0 ? SenderFate.WrongWay : SenderFate.Passed
                : kind != HostRouteKind.Unicast && (kind != HostRouteKind.Local || !device.AcceptsLocalSources) ? SenderFate.Martian
                : kind == HostRouteKind.Local && !device.IsLoopback && IsStrict(@class)
                ? LocalFate(back.Outcome, @class, result, back, doubt)
                : SenderFate.Passed;
            if (fate is { } known)
            {
                var at = (known, doubt, back.Sources!);
                if (!plain.TryGetValue(at, out var senders))
                {
                    plain.Add(at, senders = []);
                }

                back.Destinations.Intervals.AddTo(senders);
            }
        }

        AddPairs(@class, key, pairs, result);
        foreach (var ((fate, doubt, destinations), senders) in plain)
        {
            result.Add(new SenderCheck(IntervalSet.From(senders), destinations, @class.Interfaces, fate) { Doubt = doubt });
        }

        result.RemoveAll(static c => c.Interfaces.IsEmpty || c.Senders.IsEmpty);
        return result;
    }

    // Without an IPv4 address of its own an interface has no way back (no_addr), even where loose checking is on.
    private static bool IsStrict(InterfaceClass @class) =>
        @class.Settings.ReversePathFilter == 1 || (@class.Settings.ReversePathFilter != 0 && !@class.HasIPv4Address);

    // An own address is a way back by the interface that has it.
    private static SenderFate? LocalFate(
        RouteOutcome outcome, InterfaceClass @class, List<SenderCheck> result, RoutePiece back, string? doubt)
    {
        var leading = LeadingBack(outcome, @class);
        result.Add(new SenderCheck(back.Destinations, back.Sources!, leading, SenderFate.Passed) { Doubt = doubt });
        result.Add(
            new SenderCheck(back.Destinations, back.Sources!, @class.Interfaces.Except(leading), SenderFate.WrongWay) { Doubt = doubt });
        return null;
    }

    private static IntervalSet LeadingBack(RouteOutcome outcome, InterfaceClass @class) => outcome.Interfaces switch
    {
        [] => IntervalSet.Empty,
        [var only] => @class.Interfaces.Contains((uint)only) ? IntervalSet.Of((uint)only) : IntervalSet.Empty,
        var several => @class.Interfaces.Intersect(IntervalSet.From(several.Select(static i => new Interval((uint)i, (uint)i)))),
    };

    private static void AddPairs(
        InterfaceClass @class, RouteKey key, List<(IntervalSet Senders, IntervalSet Interfaces)> pairs, List<SenderCheck> result)
    {
        if (pairs.Count == 0)
        {
            return;
        }

        // Whom no interface of the class leads back to is refused by each.
        var all = IntervalSet.From(pairs.SelectMany(static p => p.Senders.Intervals.ToArray()));
        var leading = pairs.FindAll(static p => !p.Interfaces.IsEmpty);
        if (leading.Count == 0)
        {
            result.Add(new SenderCheck(all, key.Sources!, @class.Interfaces, SenderFate.WrongWay));
            return;
        }

        var some = IntervalSet.From(leading.SelectMany(static p => p.Senders.Intervals.ToArray()));
        var pairing = new InterfacePairing(leading);
        result.Add(new SenderCheck(some, key.Sources!, @class.Interfaces, SenderFate.Passed) { Pairing = pairing });
        result.Add(new SenderCheck(all, key.Sources!, @class.Interfaces, SenderFate.WrongWay) { Pairing = pairing, IsUnpaired = true });
    }
}

/// <summary>
/// What the check of senders says of packets: every combination of senders, destinations and interfaces, unless these are paired.
/// </summary>
/// <param name="Senders">The senders.</param>
/// <param name="Destinations">Whom to.</param>
/// <param name="Interfaces">On which interfaces.</param>
/// <param name="Fate">What it says.</param>
internal sealed record SenderCheck(IntervalSet Senders, IntervalSet Destinations, IntervalSet Interfaces, SenderFate Fate)
{
    /// <summary>Which senders and interfaces are meant, where that is not every combination.</summary>
    internal InterfacePairing? Pairing { get; init; }

    /// <summary>Whether those are meant that the pairing does not pair.</summary>
    internal bool IsUnpaired { get; init; }

    /// <summary>Why it is not sure, or <c>null</c>.</summary>
    internal string? Doubt { get; init; }
}

/// <summary>What the check of senders says.</summary>
internal enum SenderFate
{
    /// <summary>It may come in.</summary>
    Passed,

    /// <summary>An address that cannot be on a network, or one of our own.</summary>
    Martian,

    /// <summary>The way back to the sender is another one.</summary>
    WrongWay,
}
