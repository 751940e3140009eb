namespace Portolan.Scan.Pacing;

/// <summary>
/// All that a run counted of lost probes. Counts of stages, groups of hosts and processes of one scan are added, for each kind and number
/// of attempts; what they say is distinguished from the sums.
/// </summary>
/// <remarks>For one thread at a time.</remarks>
public sealed class LossLedger
{
    private readonly SortedDictionary<(LossKind Kind, int Tier, int Attempts), (LossCounts Counts, long Silent)> _strata = [];

    /// <summary>Hosts that limit how many answers they send.</summary>
    public long LimitedHosts { get; private set; }

    /// <summary>Silent ports of such hosts that were not asked often enough to tell silence from an answer held back.</summary>
    public long UnsettledPorts { get; private set; }

    /// <summary>The sums.</summary>
    public IEnumerable<LossStratum> Strata
    {
        get
        {
            foreach (var ((kind, tier, attempts), (counts, silent)) in _strata)
            {
                yield return new LossStratum(kind, attempts, counts, silent) { Tier = tier };
            }
        }
    }

    /// <summary>A stage, or a host at a pace of its own, is over.</summary>
    public void Add(in LossStratum stratum)
    {
        var key = (stratum.Kind, stratum.Tier, Math.Clamp(stratum.Attempts, 1, LossCounts.Attempts));
        var (counts, silent) = _strata.TryGetValue(key, out var known) ? known : (new LossCounts(), 0);
        counts.Add(stratum.Counts);
        _strata[key] = (counts, silent + Math.Max(0, stratum.Silent));
    }

    /// <summary>Hosts limited their answers.</summary>
    /// <param name="hosts">Hosts.</param>
    /// <param name="unsettledPorts">See <see cref="UnsettledPorts"/>.</param>
    public void AddLimits(long hosts, long unsettledPorts)
    {
        LimitedHosts += hosts;
        UnsettledPorts += unsettledPorts;
    }

    /// <summary>Adds another ledger.</summary>
    public void Add(LossLedger other)
    {
        ArgumentNullException.ThrowIfNull(other);
        foreach (var stratum in other.Strata)
        {
            Add(stratum);
        }

        AddLimits(other.LimitedHosts, other.UnsettledPorts);
    }

    /// <summary>The likeliest loss and misses of a kind.</summary>
    public LossEstimate Estimate(LossKind kind)
    {
        LossEstimate sum = default;
        foreach (var stratum in Of(kind))
        {
            sum += LossEstimate.From(stratum.Counts, stratum.Attempts, stratum.Silent);
        }

        return sum;
    }

    /// <summary>What is certain of a kind.</summary>
    public LossBound Bound(LossKind kind) => LossBound.OfTiers([.. Of(kind)]);

    /// <summary>Targets of a kind that stayed silent.</summary>
    public long Silent(LossKind kind) => Of(kind).Sum(static s => s.Silent);

    /// <summary>Targets of a kind that were found.</summary>
    public long Found(LossKind kind) => Of(kind).Sum(static s => s.Counts.Found + s.Counts.FoundBefore);

    private IEnumerable<LossStratum> Of(LossKind kind) => Strata.Where(s => s.Kind == kind);
}
