namespace Portolan.Scan.Pacing;

/// <summary>How much was lost and how much was missed, by maximum likelihood.</summary>
/// <remarks>
/// <para>
/// The model: each probe of a port that would answer gets its answer with probability 1 - q, each time anew. Control probes are plain
/// trials of that. The attempts at which ports answered are a removal experiment (Zippin, "An evaluation of the removal method of
/// estimating animal populations", Biometrics 12, 1956): of N ports that would answer, of which N is not known, a share 1 - q of the rest
/// answers at each attempt. Ports found by late replies of their own repeating (a SYN-ACK's retransmission) leave the rest as well, but
/// answered none of their attempts.
/// </para>
/// <para>Where no attempt was repeated, only control probes tell of loss. Without either nothing is known of it, and it is taken to be
/// 0.</para>
/// </remarks>
/// <param name="Trials">Probes to ports that would answer, those missed included (expected).</param>
/// <param name="Losses">Of those, the ones without an answer in time (expected).</param>
/// <param name="Found">Ports found.</param>
/// <param name="Missed">Ports that would answer and were not found (expected).</param>
public readonly record struct LossEstimate(double Trials, double Losses, double Found, double Missed)
{
    private const int Steps = 60;

    // Less than one trial: decides where the data say nothing at all, and moves no estimate otherwise.
    private const double LeastSuccess = 0.05;

    // Less is left over by the arithmetic, not lost.
    private const double Negligible = 1e-6;

    /// <summary>Two-way loss, 0 to 1; <c>null</c> when nothing answered.</summary>
    public double? ProbeLoss => Found > 0 && Trials > 0 ? Losses / Trials : null;

    /// <summary>The chance that a port that would answer was missed, 0 to 1; <c>null</c> when nothing answered.</summary>
    public double? MissRate => Found > 0 ? Missed / (Found + Missed) : null;

    /// <summary>Both together.</summary>
    public static LossEstimate operator +(LossEstimate left, LossEstimate right) =>
        new(left.Trials + right.Trials, left.Losses + right.Losses, left.Found + right.Found, left.Missed + right.Missed);

    /// <summary>Estimates from counts.</summary>
    /// <param name="counts">The counts.</param>
    /// <param name="attempts">Attempts that a silent port got, at least 1.</param>
    /// <param name="silent">Ports that stayed silent: no more can have been missed.</param>
    /// <param name="doubt">Control probes to add as lost: 1 for a cautious estimate.</param>
    public static LossEstimate From(LossCounts counts, int attempts, long silent, int doubt = 0)
    {
        ArgumentNullException.ThrowIfNull(counts);
        attempts = Math.Clamp(attempts, 1, LossCounts.Attempts);
        var experiment = new Removal(counts, attempts, silent);
        double controls = counts.Controls + doubt, lost = counts.ControlsLost + doubt;

        // The likelihood is highest where the loss rate equals lost trials over trials, both with the N that fits the loss rate best.
        double low = 0, high = 1;
        for (var step = 0; step < Steps; step++)
        {
            var q = (low + high) / 2;
            var population = experiment.PopulationFor(q);
            var (trials, losses) = experiment.TrialsOf(population);
            if (lost + losses > q * (controls + trials + LeastSuccess))
            {
                low = q;
            }
            else
            {
                high = q;
            }
        }

        var likeliest = (low + high) / 2;
        var best = likeliest > Negligible ? experiment.PopulationFor(likeliest) : counts.Found;
        var (allTrials, allLosses) = experiment.TrialsOf(best);
        return new LossEstimate(
            controls + allTrials, lost + allLosses, counts.Found + counts.FoundBefore, Math.Max(0, best - counts.Found));
    }

    private readonly ref struct Removal
    {
        private readonly LossCounts _counts;
        private readonly int _attempts;
        private readonly double _most;

        public Removal(LossCounts counts, int attempts, long silent)
        {
            _counts = counts;
            _attempts = attempts;
            _most = (double)counts.Found + silent;
        }

        /// <summary>
        /// The N that makes the counts likeliest at a loss rate: the share that answered none of the attempts is then q^K.
        /// </summary>
        public double PopulationFor(double q)
        {
            var share = Math.Pow(q, _attempts);
            double low = _counts.Found, high = _most;
            if (SilentShare(high) <= share)
            {
                return high;
            }

            for (var step = 0; step < Steps && high - low > 1e-9 * high; step++)
            {
                var middle = (low + high) / 2;
                if (SilentShare(middle) > share)
                {
                    high = middle;
                }
                else
                {
                    low = middle;
                }
            }

            return (low + high) / 2;
        }

        /// <summary>Trials and losses when N ports would have answered.</summary>
        public (double Trials, double Losses) TrialsOf(double population)
        {
            double trials = 0, losses = 0;
            for (var k = 0; k < _attempts; k++)
            {
                trials += population;
                losses += Math.Max(0, population - _counts.AnsweredAt(k));
                population = Math.Max(0, population - _counts.AnsweredAt(k) - _counts.LateAt(k));
            }

            return (trials, losses);
        }

        private double SilentShare(double population)
        {
            var share = 1.0;
            for (var k = 0; k < _attempts && population > 0; k++)
            {
                share *= Math.Max(0, 1 - (_counts.AnsweredAt(k) / population));
                population -= _counts.AnsweredAt(k) + _counts.LateAt(k);
            }

            return share;
        }
    }
}
