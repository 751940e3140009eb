using Portolan.Forwarding.Model;

namespace Portolan.Forwarding.Statistics;

/// <summary>What was counted of one forward since it began.</summary>
public sealed class ForwardTotals
{
    private readonly long[] _ends = new long[EndCauses.Count];
    private readonly long[] _lost = new long[EndCauses.Count];

    /// <summary>Connections accepted, or flows of datagrams begun; those that were refused at once included.</summary>
    public long Connections { get; internal set; }

    /// <summary>Of those, how many are open.</summary>
    public long Active { get; internal set; }

    /// <summary>Bytes read from clients.</summary>
    public long BytesUp { get; internal set; }

    /// <summary>Bytes read from targets.</summary>
    public long BytesDown { get; internal set; }

    /// <summary>Datagrams from clients.</summary>
    public long PacketsUp { get; internal set; }

    /// <summary>Datagrams from targets.</summary>
    public long PacketsDown { get; internal set; }

    /// <summary>How many ended so.</summary>
    public long Ended(EndCause cause) => _ends[(int)cause];

    /// <summary>How many datagrams were lost so.</summary>
    public long Lost(EndCause cause) => _lost[(int)cause];

    /// <summary>How many ended otherwise than they should.</summary>
    public long Errors
    {
        get
        {
            var sum = 0L;
            for (var i = 0; i < _ends.Length; i++)
            {
                sum += ((EndCause)i).IsOrdinary() ? 0 : _ends[i];
            }

            return sum;
        }
    }

    /// <summary>Adds what another forward counted.</summary>
    public void Add(ForwardTotals other)
    {
        ArgumentNullException.ThrowIfNull(other);
        Connections += other.Connections;
        Active += other.Active;
        BytesUp += other.BytesUp;
        BytesDown += other.BytesDown;
        PacketsUp += other.PacketsUp;
        PacketsDown += other.PacketsDown;
        for (var i = 0; i < _ends.Length; i++)
        {
            Add((EndCause)i, other._ends[i], other._lost[i]);
        }
    }

    internal void Add(EndCause cause, long ended, long lost = 0)
    {
        _ends[(int)cause] += ended;
        _lost[(int)cause] += lost;
    }
}

/// <summary>What was counted of one target.</summary>
/// <param name="Target">The target.</param>
/// <param name="IsUp">Whether connections go to it.</param>
public readonly record struct TargetTotals(TargetPoint Target, bool IsUp)
{
    /// <summary>Connections to it that are open; <c>null</c> if not counted.</summary>
    public long? Active { get; init; }

    /// <summary>Connections made to it; <c>null</c> if not counted.</summary>
    public long? Connections { get; init; }

    /// <summary>Connections to it that failed, each of its addresses counted; <c>null</c> if not counted.</summary>
    public long? Failures { get; init; }
}
