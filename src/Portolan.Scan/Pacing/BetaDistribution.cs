namespace Portolan.Scan.Pacing;

/// <summary>The beta distribution, and the tail of the normal one.</summary>
public static class BetaDistribution
{
    private const int MostTerms = 400;
    private const double Tiny = 1e-300;

    /// <summary>
    /// The regularized incomplete beta function I_x(a, b), by its continued fraction (DLMF 8.17.22) and Lentz's way of computing it.
    /// </summary>
    public static double Cumulative(double x, double a, double b)
    {
        if (x <= 0)
        {
            return 0;
        }

        if (x >= 1)
        {
            return 1;
        }

        // The fraction is quick below the mean.
        return x > (a + 1) / (a + b + 2) ? 1 - Fraction(1 - x, b, a) : Fraction(x, a, b);
    }

    /// <summary>
    /// The chance that a standard normal variable is above <paramref name="z"/>; off by less than 7.5e-8 (Abramowitz and Stegun 26.2.17).
    /// </summary>
    public static double NormalTail(double z)
    {
        if (z < 0)
        {
            return 1 - NormalTail(-z);
        }

        var t = 1 / (1 + (0.2316419 * z));
        var polynomial = t * (0.319381530 + (t * (-0.356563782 + (t * (1.781477937 + (t * (-1.821255978 + (t * 1.330274429))))))));
        return polynomial * Math.Exp(-z * z / 2) / Math.Sqrt(2 * Math.PI);
    }

    private static double Fraction(double x, double a, double b)
    {
        var front = Math.Exp((a * Math.Log(x)) + (b * Math.Log(1 - x)) + LogGamma(a + b) - LogGamma(a) - LogGamma(b)) / a;
        double c = 1, d = 1 / NotZero(1 - ((a + b) * x / (a + 1))), value = d;
        for (var m = 1; m <= MostTerms; m++)
        {
            var even = m * (b - m) * x / ((a + (2 * m) - 1) * (a + (2 * m)));
            d = 1 / NotZero(1 + (even * d));
            c = NotZero(1 + (even / c));
            value *= c * d;
            var odd = -(a + m) * (a + b + m) * x / ((a + (2 * m)) * (a + (2 * m) + 1));
            d = 1 / NotZero(1 + (odd * d));
            c = NotZero(1 + (odd / c));
            value *= c * d;
            if (Math.Abs((c * d) - 1) < 1e-12)
            {
                break;
            }
        }

        return front * value;
    }

    private static double NotZero(double value) => Math.Abs(value) < Tiny ? Tiny : value;

    // Stirling's series (DLMF 5.11.1), after lifting small arguments.
    private static double LogGamma(double x)
    {
        double lift = 0;
        for (; x < 12; x++)
        {
            lift += Math.Log(x);
        }

        var inverse = 1 / (x * x);
        var series = ((1.0 / 12) - (inverse * ((1.0 / 360) - (inverse * ((1.0 / 1260) - (inverse / 1680)))))) / x;
        return ((x - 0.5) * Math.Log(x)) - x + (0.5 * Math.Log(2 * Math.PI)) + series - lift;
    }
}
