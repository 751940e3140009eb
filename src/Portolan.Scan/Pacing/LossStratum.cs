namespace Portolan.Scan.Pacing;

/// <summary>What was asked: losses of each kind are figures of their own.</summary>
public enum LossKind : byte
{
    /// <summary>Hosts, whether they are up.</summary>
    Discovery,

    /// <summary>Ports of hosts that answer as fast as they are asked: what is lost is lost on the path.</summary>
    Path,

    /// <summary>Ports of hosts that limit their answers and are asked slowly: silence is the path's or the host's.</summary>
    Limited,
}

/// <summary>Targets whose silent ones got the same number of attempts, and what was counted of them.</summary>
/// <param name="Kind">What they are.</param>
/// <param name="Attempts">Attempts that a silent one got, at least 1.</param>
/// <param name="Counts">What was counted.</param>
/// <param name="Silent">Targets that stayed silent: no more can have been missed.</param>
public readonly record struct LossStratum(LossKind Kind, int Attempts, LossCounts Counts, long Silent)
{
    /// <summary>The limit of groups that hosts are divided into by their loss.</summary>
    public const int MostTiers = 16;

    /// <summary>0 for hosts that lose as most do; others lose far more or less than these, and about as much as each other.</summary>
    public int Tier { get; init; }
}
