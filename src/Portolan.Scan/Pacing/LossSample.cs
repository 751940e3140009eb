namespace Portolan.Scan.Pacing;

/// <summary>The counts of one kind, as far as they tell of loss, and how likely they are at a loss of q.</summary>
internal sealed class LossSample
{
    private const int Steps = 60;

    private readonly (int Attempts, double InTime, double Found, double Silent)[] _strata;
    private readonly double _losses;
    private readonly double _successes;

    /// <param name="strata">The counts.</param>
    /// <param name="added">Losses to add to those seen: 1 for a bound, which makes up for few trials.</param>
    public LossSample(IReadOnlyList<LossStratum> strata, double added = 1)
    {
        _strata = new (int, double, double, double)[strata.Count];
        var losses = added;
        for (var i = 0; i < strata.Count; i++)
        {
            var (_, attempts, counts, silent) = strata[i];
            double inTime = 0;
            for (var k = 0; k < LossCounts.Attempts; k++)
            {
                // A late answer came to an attempt of before: that and all before it were lost.
                inTime += counts.AnsweredAt(k);
                losses += (k * (double)counts.AnsweredAt(k)) + ((k + 1) * (double)counts.LateAt(k));
                Trials += attempts > 1 ? (k + 1) * (counts.AnsweredAt(k) + counts.LateAt(k)) : 0;
            }

            losses += counts.ControlsLost;
            _successes += counts.Controls - counts.ControlsLost;
            Trials += counts.Controls;
            Found += counts.Found + counts.FoundBefore;
            Silent += silent;
            _strata[i] = (Math.Clamp(attempts, 1, LossCounts.Attempts), inTime, counts.Found + counts.FoundBefore, silent);
        }

        _losses = losses;
    }

    /// <summary>Targets found.</summary>
    public double Found { get; }

    /// <summary>Targets that stayed silent.</summary>
    public double Silent { get; }

    /// <summary>Probes that told of loss.</summary>
    public double Trials { get; }

    /// <summary>
    /// The q at which the counts are likeliest: lost attempts are then as many as expected. Their difference falls with q.
    /// </summary>
    public double Likeliest()
    {
        double low = 0, high = 1 - 1e-9;
        for (var step = 0; step < Steps; step++)
        {
            var q = (low + high) / 2;
            var expected = _successes * q / (1 - q);
            foreach (var (attempts, inTime, _, _) in _strata)
            {
                expected += inTime * MeanAttempt(q, attempts);
            }

            (low, high) = expected < _losses ? (q, high) : (low, q);
        }

        return Math.Max(1e-15, low);
    }

    /// <summary>The logarithm of how likely the counts are.</summary>
    public double LogLikelihood(double q)
    {
        var sum = (_losses * Math.Log(q)) + (_successes > 0 ? _successes * Math.Log(Math.Max(1 - q, 1e-300)) : 0);
        foreach (var (attempts, inTime, _, _) in _strata)
        {
            sum -= inTime * Math.Log(PowerSum(q, attempts));
        }

        return sum;
    }

    /// <summary>
    /// The bound of q when every silent target is taken for one that would answer: then all trials are known, and none were more. It is the
    /// lower of the two where few stayed silent, for the number of those that would answer need not be told from the attempts.
    /// </summary>
    public double MostLossIfAllSilentWereLost(double halfSquare)
    {
        double losses = _losses, successes = _successes;
        foreach (var (attempts, inTime, _, silent) in _strata)
        {
            losses += attempts * silent;
            successes += inTime;
        }

        double Likelihood(double q) => (losses * Math.Log(q)) + (successes * Math.Log(Math.Max(1 - q, 1e-300)));
        var likeliest = losses / (losses + successes);
        double low = likeliest, high = 1;
        for (var step = 0; step < Steps; step++)
        {
            var q = (low + high) / 2;
            (low, high) = Likelihood(likeliest) - Likelihood(q) < halfSquare ? (q, high) : (low, q);
        }

        return high;
    }

    /// <summary>The part of targets that would answer and are missed at a loss of q; no more than were silent.</summary>
    public double ChanceOfMissing(double q)
    {
        double missed = 0;
        foreach (var (attempts, _, found, silent) in _strata)
        {
            var chance = Math.Pow(q, attempts);
            missed += Math.Min(silent, chance < 1 ? found * chance / (1 - chance) : silent);
        }

        return missed / (Found + missed);
    }

    private static double PowerSum(double q, int attempts)
    {
        double sum = 0, power = 1;
        for (var k = 0; k < attempts; k++, power *= q)
        {
            sum += power;
        }

        return sum;
    }

    private static double MeanAttempt(double q, int attempts)
    {
        double sum = 0, weighted = 0, power = 1;
        for (var k = 0; k < attempts; k++, power *= q)
        {
            sum += power;
            weighted += k * power;
        }

        return weighted / sum;
    }
}
