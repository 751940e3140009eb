using Portolan.Firewall.Judging.Machine;

namespace Portolan.Firewall.Judging.Answers;

/// <summary>Whether an ordinary exchange is over before the limits that its packets meet are used up.</summary>
internal sealed class ExchangeLimits(byte protocol, bool isIPv4, JudgeBudget budget)
{
    private readonly List<(List<Cube> Cubes, MetLimits Met)> _later = [];

    /// <summary>Adds limits that later packets meet.</summary>
    /// <param name="cubes">The packets that began the exchange.</param>
    /// <param name="outcome">What becomes of the later ones.</param>
    /// <param name="part">Of which kind these are.</param>
    /// <param name="isReply">Whether the server sends them.</param>
    public void Add(List<Cube> cubes, FlowOutcome outcome, ExchangePart part, bool isReply)
    {
        if (outcome.Limits.Count > 0)
        {
            _later.Add((cubes, new MetLimits(outcome.Limits, part, isReply)));
        }
    }

    /// <summary>Takes packets that are answered apart by the limits that their exchange meets.</summary>
    /// <param name="cubes">The packets.</param>
    /// <param name="answered">What becomes of them, but for limits.</param>
    public IEnumerable<(List<Cube> Cubes, FlowOutcome Outcome)> Of(List<Cube> cubes, FlowOutcome answered)
    {
        List<MetLimits> first = [];
        if (answered.Limits.Count > 0)
        {
            first.Add(new MetLimits(answered.Limits, ExchangePart.First, false));
        }

        if (answered.Replies is { Limits.Count: > 0 } replies)
        {
            first.Add(new MetLimits(replies.Limits, ExchangePart.First, true));
        }

        List<(List<Cube> Cubes, List<MetLimits> Met)> parts = [(cubes, first)];
        foreach (var (of, met) in _later)
        {
            var next = new List<(List<Cube>, List<MetLimits>)>(parts.Count + 1);
            foreach (var part in parts)
            {
                var both = CubeLists.Intersect(part.Cubes, of, budget);
                if (both.Count == 0)
                {
                    next.Add(part);
                    continue;
                }

                next.Add((both, [.. part.Met, met]));
                if (CubeLists.Except(part.Cubes, both, budget) is { Count: > 0 } rest)
                {
                    next.Add((rest, part.Met));
                }
            }

            parts = next;
        }

        foreach (var (own, met) in parts)
        {
            yield return (own, met.Count == 0 ? answered : Judge(answered, met));
        }
    }

    private FlowOutcome Judge(FlowOutcome answered, List<MetLimits> met)
    {
        var totals = new List<Total>();
        foreach (var one in met)
        {
            var range = OrdinaryExchange.Of(one.Part, one.IsReply, protocol, isIPv4);
            foreach (var use in one.Uses)
            {
                var total = totals.Find(t => t.Use.IsOf(use));
                if (total is null)
                {
                    totals.Add(total = new Total(use));
                }

                total.Add(one, use, range);
            }
        }

        var outcome = answered with { Limits = [.. totals.Select(t => t.Said(OrdinaryExchange.IsOfDatagrams(protocol)))] };
        return totals.Select(static t => t.Stop(isLate: false)).FirstOrDefault(static s => s is not null) is { } stop
                ? Stopped(outcome, stop, isLate: false)
            : totals.Select(static t => t.Stop(isLate: true)).FirstOrDefault(static s => s is not null) is { } late
                ? Stopped(outcome, late, isLate: true)
            : outcome;
    }

    private static FlowOutcome Stopped(FlowOutcome answered, Stop stop, bool isLate)
    {
        var then = stop.Beyond with { IsLate = isLate, Spent = stop.Spent, Limits = [] };
        return (stop.Part, stop.IsReply) switch
        {
            (ExchangePart.First, true) when !isLate => answered with { Replies = then },
            (_, true) => answered with { Following = answered with { Replies = then, Following = null, Limits = [] } },
            _ => answered with { Following = then },
        };
    }

    private sealed record MetLimits(IReadOnlyList<LimitUse> Uses, ExchangePart Part, bool IsReply);

    private sealed record Stop(FlowOutcome Beyond, SpentLimit Spent, ExchangePart Part, bool IsReply);

    /// <summary>What all of an exchange takes of the same limits.</summary>
    private sealed class Total(LimitUse use)
    {
        private readonly List<(MetLimits Met, FlowOutcome Beyond, double Fewest, double Most)> _parts = [];
        private readonly LimitUnit _unit = use.Limits[0].Measure.Unit;
        private int _packets;

        public LimitUse Use => use;

        public void Add(MetLimits met, LimitUse here, PacketRange range)
        {
            _packets += range.Most;
            _parts.Add((met, here.Beyond, here.IsCounted ? range.FewestOf(_unit) : 0, here.IsCounted ? range.MostOf(_unit) : 0));
        }

        public LimitUse Said(bool ofDatagrams) => _packets > 1 || ofDatagrams || _unit != LimitUnit.Packets
            ? use
            : use with { Limits = [.. use.Limits.Select(static l => l with { IsOfConnections = true })] };

        /// <summary>Where the limits are used up; <c>null</c> where they are not.</summary>
        public Stop? Stop(bool isLate)
        {
            if (use.Limits.Any(l => l.Measure.Unit != _unit))
            {
                return null;
            }

            var (room, sum) = (use.Limits.Sum(l => l.Measure.Room(isLate ? OrdinaryExchange.Soon : OrdinaryExchange.Patience)), 0.0);
            foreach (var (met, beyond, fewest, most) in _parts)
            {
                sum += isLate ? most : fewest;
                if (sum > room)
                {
                    var spent = new SpentLimit(use.Limit, _parts.Sum(static p => p.Fewest), _parts.Sum(static p => p.Most));
                    return new Stop(beyond, spent, met.Part, met.IsReply);
                }
            }

            return null;
        }
    }
}
