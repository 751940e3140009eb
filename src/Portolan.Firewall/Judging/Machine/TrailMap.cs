using System.Runtime.CompilerServices;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Judging.Machine;

/// <summary>Makes ways through base chains so that the same way is the same object.</summary>
internal sealed class TrailMap : IEqualityComparer<(Trail? Before, RuleReference Decider, VerdictKind Verdict)>
{
    private readonly Dictionary<(Trail? Before, RuleReference Decider, VerdictKind Verdict), Trail> _trails;

    public TrailMap()
    {
        _trails = new(this);
    }

    /// <summary>A way with one more chain.</summary>
    public Trail Extend(Trail? before, RuleChain chain, RuleReference decider, VerdictKind verdict)
    {
        var key = (before, decider, verdict);
        if (!_trails.TryGetValue(key, out var trail))
        {
            _trails.Add(key, trail = new Trail(new ChainVisit(chain, decider, verdict), before));
        }

        return trail;
    }

    bool IEqualityComparer<(Trail? Before, RuleReference Decider, VerdictKind Verdict)>.Equals(
        (Trail? Before, RuleReference Decider, VerdictKind Verdict) x,
        (Trail? Before, RuleReference Decider, VerdictKind Verdict) y) =>
        ReferenceEquals(x.Before, y.Before) && ReferenceEquals(x.Decider, y.Decider) && x.Verdict == y.Verdict;

    int IEqualityComparer<(Trail? Before, RuleReference Decider, VerdictKind Verdict)>.GetHashCode(
        (Trail? Before, RuleReference Decider, VerdictKind Verdict) obj) =>
        HashCode.Combine(
            obj.Before is null ? 0 : RuntimeHelpers.GetHashCode(obj.Before), RuntimeHelpers.GetHashCode(obj.Decider), (int)obj.Verdict);
}
