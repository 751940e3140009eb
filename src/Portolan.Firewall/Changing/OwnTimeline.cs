namespace Portolan.Firewall.Changing;

/// <summary>What becomes of Portolan's own rules when nobody does anything: what is pending is taken back, what has a time ends.</summary>
public static class OwnTimeline
{
    /// <summary>What one transaction loaded ends together, but is read one after the other.</summary>
    private static readonly TimeSpan Together = TimeSpan.FromSeconds(1);

    /// <summary>After how long something ends, soonest first; what ends within a second of each other counts as one.</summary>
    public static IReadOnlyList<TimeSpan> Ends(OwnState state)
    {
        var times = state.Rules.SelectMany(static r => new[] { Left(r), r.PausedFor }).Concat(state.Changes.Select(Left)).OfType<TimeSpan>()
            .Distinct().Order();
        var ends = new List<TimeSpan>();
        TimeSpan? first = null;
        foreach (var time in times)
        {
            if (first is { } start && time - start <= Together)
            {
                ends[^1] = time;
                continue;
            }

            first = time;
            ends.Add(time);
        }

        return ends;
    }

    /// <summary>The state after a time.</summary>
    public static OwnState After(OwnState state, TimeSpan time) => time <= TimeSpan.Zero ? state : state with
    {
        Rules = [.. state.Rules.Where(r => IsLeft(Left(r), time)).Select(r => r with
        {
            Remaining = Left(r) - time,
            PausedFor = r.PausedFor > time ? r.PausedFor - time : null,
        })],
        Changes = [.. state.Changes.Where(c => IsLeft(Left(c), time)).Select(c => c with { Remaining = Left(c) - time })],
    };

    /// <summary>The rules that decide, leaving out those that are kept off.</summary>
    public static IEnumerable<OwnRule> On(OwnState state) => state.Rules.Where(static r => r.PausedFor is null);

    private static bool IsLeft(TimeSpan? left, TimeSpan time) => left is null || left > time;

    private static TimeSpan? Left(OwnRule rule) => rule.Timeout is null ? null : rule.Remaining ?? rule.Timeout;

    private static TimeSpan? Left(OwnChange change) => change.Timeout is null ? null : change.Remaining ?? change.Timeout;
}
