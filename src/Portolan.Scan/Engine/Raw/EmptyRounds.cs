using Portolan.Scan.Pacing;

namespace Portolan.Scan.Engine.Raw;

/// <summary>After how many rounds in a row without an answer a host's silent ports are given up.</summary>
internal static class EmptyRounds
{
    // A round in which nothing answers is the last, for many silent ports cost much. Fewer may have lost their probes by chance, and cost
    // little.
    private const int FewPorts = 16;
    private const int SomePorts = 64;
    private const int OfFewPorts = 4;
    private const int Least = 2;
    private const int Most = 6;
    private const double Unlikely = 0.02;

    /// <summary>So many that a port that answers would hardly have stayed silent in all of them.</summary>
    /// <param name="silent">Ports still silent.</param>
    /// <param name="rounds">Rounds so far.</param>
    /// <param name="counts">What they tell of loss.</param>
    public static int Enough(int silent, int rounds, LossCounts counts)
    {
        if (silent > SomePorts)
        {
            return 1;
        }

        var loss = LossBound.Of([new LossStratum(LossKind.Limited, rounds, counts, silent)]).Loss;
        var enough = loss < 1 ? (int)Math.Ceiling(Math.Log(Unlikely) / Math.Log(Math.Max(loss, 1e-9))) : Most;
        return Math.Clamp(enough, silent <= FewPorts ? OfFewPorts : Least, Most);
    }
}
