namespace Portolan.Scan.Pacing;

/// <summary>Of so many probes so many were answered; counts may be faded, so they are not whole.</summary>
/// <param name="Sent">Probes.</param>
/// <param name="Answered">Answers.</param>
public readonly record struct AnswerShare(double Sent, double Answered)
{
    /// <summary>Answers per probe; 0 without probes.</summary>
    public double Value => Sent > 0 ? Answered / Sent : 0;

    /// <summary>Both together.</summary>
    public static AnswerShare operator +(AnswerShare left, AnswerShare right) =>
        new(left.Sent + right.Sent, left.Answered + right.Answered);

    /// <summary>Clearly less than half was answered, by more than chance.</summary>
    public bool IsMostlyLost => IsBelow(new AnswerShare(1e6, 5e5), tolerance: 0.1, sigmas: 3);

    /// <summary>Less weight for what is old.</summary>
    public AnswerShare Faded(double weight) => new(Sent * weight, Answered * weight);

    /// <summary>
    /// Whether this share is lower than another by more than chance and by more than <paramref name="tolerance"/> of it: the two-proportion
    /// test with pooled variance, at <paramref name="sigmas"/> standard deviations.
    /// </summary>
    public bool IsBelow(AnswerShare other, double tolerance, double sigmas)
    {
        if (Sent <= 0 || other.Sent <= 0 || Value >= other.Value * (1 - tolerance))
        {
            return false;
        }

        var pooled = (this + other).Value;
        var deviation = Math.Sqrt(pooled * (1 - pooled) * ((1 / Sent) + (1 / other.Sent)));
        return other.Value - Value > sigmas * deviation;
    }
}
