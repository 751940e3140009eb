namespace Portolan.Scan.Pacing;

/// <summary>
/// Tells whether a host loses as the average of others does, and if not, to which tier it belongs: hosts of one tier lose about as much.
/// </summary>
/// <remarks>
/// By the likelihood ratio of its own loss to the average; the threshold grows with the number of hosts that are compared, so that chance
/// puts hardly one apart. Were one put apart by chance, the bound would only be wider: the misses of two unequal parts are more than those
/// of their average.
/// </remarks>
internal sealed class LossTier
{
    /// <summary>Fewer tell nothing of one host.</summary>
    public const int LeastTrials = 4;

    // With it chance puts a host apart in some three scans of a hundred.
    private const double Threshold = 4;
    private const int First = 1;

    // Where the next tier begins.
    private static readonly double[] Bounds = [0.02, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8];

    private readonly double _average;

    /// <param name="all">The counts of all hosts together.</param>
    public LossTier(IReadOnlyList<LossStratum> all) => _average = new LossSample(all, added: 0).Likeliest();

    /// <summary>The tier of a host; 0 when its loss may be the average.</summary>
    /// <param name="host">Its counts.</param>
    /// <param name="hosts">Hosts that are compared.</param>
    public int TierOf(LossStratum host, int hosts)
    {
        var own = new LossSample([host], added: 0);
        var likeliest = own.Likeliest();
        if (2 * (own.LogLikelihood(likeliest) - own.LogLikelihood(_average)) < Threshold + (2 * Math.Log(Math.Max(1, hosts))))
        {
            return 0;
        }

        var tier = First;
        foreach (var bound in Bounds)
        {
            tier += likeliest >= bound ? 1 : 0;
        }

        return tier;
    }
}
