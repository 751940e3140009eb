using Portolan.Forwarding.Model;

namespace Portolan.Forwarding.Statistics;

/// <summary>What was counted of one target.</summary>
/// <param name="Target">The target.</param>
/// <param name="IsUp">Whether connections go to it.</param>
public readonly record struct TargetTotals(TargetPoint Target, bool IsUp)
{
    /// <summary>Connections to it that are open; <c>null</c> where nobody counts them.</summary>
    public long? Active { get; init; }

    /// <summary>Connections made to it; <c>null</c> where nobody counts them.</summary>
    public long? Connections { get; init; }

    /// <summary>Connections to it that failed, each of its addresses counted; <c>null</c> where nobody counts them.</summary>
    public long? Failures { get; init; }
}
