namespace Portolan.Scan.Pacing;

/// <summary>How much was lost and missed at most, at 95 %: bounds that know their sample.</summary>
/// <remarks>
/// <para>
/// The model is that of <see cref="LossEstimate"/>: each probe of a target that would answer is lost with probability q. Only targets that
/// answered tell of q: the number of the attempt that one answered, of K, is geometric and cut off at K, whatever the number of targets;
/// control probes are plain trials. The bound of q is where the logarithm of their likelihood, with one loss added, has fallen by half the
/// square of 1.645 (the one-sided 95 % of the likelihood ratio). The added loss makes up for few trials: without any loss it says 3.7 / n,
/// where the exact bound (Clopper and Pearson, Biometrika 26, 1934) is 3.0 / n.
/// </para>
/// <para>
/// A bound of the chance is no bound of what happened: of three targets one may be missed at a chance of 10 %. So the targets missed are
/// bounded too: by the least m for which, at whatever q, the chance to lose as little as this run did times the chance to miss more than m
/// is at most 1 %. The number missed for a given number found is negative binomial. (Of two independent normal values whose difference is
/// to be bounded at 5 %, the largest rectangle beyond the bound has a chance of 1.5 %. Likelihoods are only nearly normal: at 1.5 % a
/// simulation had 5.1 % of its runs outside, so 1 % is taken.)
/// </para>
/// </remarks>
/// <param name="Loss">The most that a probe or its answer is lost, 0 to 1; 1 when the sample does not say.</param>
/// <param name="Missed">The most targets that were missed.</param>
/// <param name="Found">Targets found.</param>
/// <param name="Chance">The most chance that a target that would answer was missed.</param>
/// <param name="Trials">Probes that told of loss.</param>
public readonly record struct LossBound(double Loss, double Missed, double Found, double Chance, double Trials)
{
    /// <summary>How sure the bounds are.</summary>
    public const double Confidence = 0.95;

    private const double HalfSquare = 1.645 * 1.645 / 2;
    private const double NothingSaid = 0.95;
    private const double FewSilent = 0.05;
    private const double Rectangle = 0.01;
    private const int Steps = 60;
    private const int GridSteps = 160;

    /// <summary>
    /// The sample is too small to say anything. Where few stayed silent that is no matter: no more than these can have been missed.
    /// </summary>
    public bool IsUnknown => Found <= 0 || (Loss >= NothingSaid && Missed > FewSilent * (Found + Missed));

    /// <summary>The bound of the share of targets that would answer and were missed, 0 to 1; <c>null</c> when it is unknown.</summary>
    public double? MissRate => IsUnknown ? null : Missed <= 0 && Chance <= 0 ? 0 : Math.Max(Chance, Missed / (Found + Missed));

    /// <summary>Targets that are expected to be missed at the bound of the loss.</summary>
    public double Expected => Chance >= 1 ? double.PositiveInfinity : Found * Chance / (1 - Chance);

    /// <summary>Bounds of targets of one kind.</summary>
    public static LossBound Of(IReadOnlyList<LossStratum> strata)
    {
        ArgumentNullException.ThrowIfNull(strata);
        var sample = new LossSample(strata);
        if (sample.Found <= 0)
        {
            return new LossBound(1, sample.Silent, 0, sample.Silent > 0 ? 1 : 0, 0);
        }

        var likeliest = sample.Likeliest();
        var top = sample.LogLikelihood(likeliest);
        double low = likeliest, high = 1;
        for (var step = 0; step < Steps; step++)
        {
            var q = (low + high) / 2;
            (low, high) = top - sample.LogLikelihood(q) < HalfSquare ? (q, high) : (low, q);
        }

        high = sample.Silent <= FewSilent * sample.Found ? Math.Min(high, sample.MostLossIfAllSilentWereLost(HalfSquare)) : high;
        var missed = sample.Silent <= 0 ? 0 : MostMissed(sample, likeliest, top);
        var chance = sample.Silent <= 0 ? 0 : sample.ChanceOfMissing(high);
        return new LossBound(high > 1 - 1e-9 ? 1 : high, missed, sample.Found, chance, sample.Trials);
    }

    /// <summary>
    /// Bounds of targets of one kind, where hosts of several tiers lose differently: each tier has a bound of its own, and their misses are
    /// added.
    /// </summary>
    public static LossBound OfTiers(IReadOnlyList<LossStratum> strata)
    {
        ArgumentNullException.ThrowIfNull(strata);
        var all = Of(strata);
        var tiers = strata.GroupBy(static s => s.Tier).Select(static tier => (LossStratum[])[.. tier]).ToList();
        if (tiers.Count < 2 || all.IsUnknown)
        {
            return all;
        }

        double missed = 0, expected = 0;
        foreach (var tier in tiers)
        {
            // Of a tier that says nothing all that is silent may have been missed.
            var (bound, silent) = (Of(tier), (double)tier.Sum(static s => s.Silent));
            missed += bound.IsUnknown ? silent : bound.Missed;
            expected += Math.Min(silent, bound.IsUnknown ? silent : bound.Expected);
        }

        return all with { Missed = missed, Chance = expected / (all.Found + expected) };
    }

    // A run that misses more than m and loses as little as this one is rarer than 5 % at every q.
    private static double MostMissed(LossSample sample, double likeliest, double top)
    {
        Span<double> qs = stackalloc double[GridSteps];
        Span<double> tails = stackalloc double[GridSteps];
        for (var i = 0; i < GridSteps; i++)
        {
            // From a quarter of the likeliest to nearly 1, evenly on the logarithm of the odds.
            var (from, to) = (LogOdds(likeliest / 4), LogOdds(1 - 1e-6));
            qs[i] = 1 / (1 + Math.Exp(-(from + ((to - from) * i / (GridSteps - 1)))));
            var root = Math.Sqrt(2 * Math.Max(0, top - sample.LogLikelihood(qs[i])));
            tails[i] = BetaDistribution.NormalTail(qs[i] < likeliest ? -root : root);
        }

        double low = -1, high = sample.Silent;
        while (high - low > Math.Max(1, high / 1000))
        {
            var middle = Math.Floor((low + high) / 2);
            if (IsRare(sample, qs, tails, middle))
            {
                high = middle;
            }
            else
            {
                low = middle;
            }
        }

        return high;
    }

    private static bool IsRare(LossSample sample, ReadOnlySpan<double> qs, ReadOnlySpan<double> tails, double missed)
    {
        for (var i = 0; i < qs.Length; i++)
        {
            if (tails[i] > Rectangle
                && tails[i] * BetaDistribution.Cumulative(sample.ChanceOfMissing(qs[i]), missed + 1, sample.Found) > Rectangle)
            {
                return false;
            }
        }

        return true;
    }

    private static double LogOdds(double q) => Math.Log(q / (1 - q));
}
