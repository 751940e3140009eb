namespace Portolan.Watch.Watching;

/// <summary>When the next look is due: looks take at most 0.2 % of a processor at rest, and about 5 % while there is news.</summary>
/// <param name="every">
/// How long after a look the next one begins, asked each time; <c>null</c> for a minute, or longer where looks are costly.
/// </param>
public sealed class WatchPace(Func<TimeSpan?> every)
{
    /// <summary>How long after a look the next one begins, where nothing else is asked for.</summary>
    public static readonly TimeSpan UsualEvery = TimeSpan.FromMinutes(1);

    /// <summary>How long after the first news a look waits for more, so that what happens together is in one look.</summary>
    public static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(150);

    private const int RestingShare = 500;
    private const int BusyShare = 20;
    private static readonly TimeSpan LeastGap = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan MostGap = TimeSpan.FromSeconds(10);

    private TimeSpan _cost;

    /// <summary>How long after a look the next one begins when there is no news.</summary>
    public TimeSpan Every => every() ?? Max(UsualEvery, RestingShare * _cost);

    /// <summary>How long after a look the next one begins at the earliest.</summary>
    public TimeSpan Gap => Min(Every, Min(MostGap, Max(LeastGap, BusyShare * _cost)));

    /// <summary>Notes what a look cost.</summary>
    /// <param name="processor">The time of the processor.</param>
    public void Note(TimeSpan processor) => _cost = processor;

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
