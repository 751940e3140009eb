namespace Portolan.Scan.Pacing;

/// <summary>Bounds of a pace, in probes per second.</summary>
/// <param name="Start">The first rate.</param>
/// <param name="Floor">Losses do not slow it further.</param>
/// <param name="Ceiling">Never more; <see cref="NoCeiling"/> for none.</param>
/// <param name="AnswerWait">How long answers are waited for before a rate is judged, while no round trip was measured.</param>
public readonly record struct PaceLimits(double Start, double Floor, double Ceiling, TimeSpan AnswerWait)
{
    /// <summary>What a person demands at least; 0 for nothing.</summary>
    public double Least { get; init; }

    /// <summary>
    /// The ceiling holds only until answers show that the path takes more: then up to a quarter above what came through, and never more
    /// than this. 0 for a ceiling that holds.
    /// </summary>
    public double MostProved { get; init; }

    /// <summary>The highest rate that there may ever be.</summary>
    public double Highest => Math.Max(Ceiling, MostProved);

    /// <summary>More than any link carries.</summary>
    public const double NoCeiling = 1e9;

    /// <summary>Within one link: starts fast, ends where answers stop keeping up.</summary>
    public static PaceLimits OnLink => new(20_000, 5_000, NoCeiling, TimeSpan.FromMilliseconds(20));

    /// <summary>This host itself.</summary>
    public static PaceLimits Local => new(200_000, 5_000, NoCeiling, TimeSpan.FromMilliseconds(5));

    /// <summary>Over routers, up to a ceiling.</summary>
    public static PaceLimits Routed(double ceiling) =>
        new(Math.Min(10_000, ceiling / 2), Math.Min(5_000, ceiling / 20), ceiling, TimeSpan.FromMilliseconds(200));

    /// <summary>
    /// With what the person demands: a least rate lifts start, floor and, where needed, the ceiling; a most rate caps all.
    /// </summary>
    public PaceLimits With(double? minRate, double? maxRate)
    {
        var least = minRate ?? 0;
        var most = Math.Max(Math.Min(maxRate ?? NoCeiling, Math.Max(Ceiling, least)), double.Epsilon);
        return this with
        {
            Start = Math.Min(Math.Max(Start, least), most),
            Floor = Math.Min(Math.Max(Floor, least), most),
            Ceiling = most,
            MostProved = MostProved > 0 ? Math.Max(most, Math.Min(MostProved, maxRate ?? NoCeiling)) : 0,
            Least = Math.Min(least, most),
        };
    }
}
