using Portolan.Sockets.Filtering.Predicates;

namespace Portolan.Sockets.Filtering.Pushdown;

/// <summary>What the kernel can compare before it copies a socket, with negations only at the leaves.</summary>
internal abstract record KernelCondition
{
    /// <summary>Holds for every socket.</summary>
    public static KernelCondition True { get; } = new KernelConstant(Value: true);

    /// <summary>Holds for none.</summary>
    public static KernelCondition False { get; } = new KernelConstant(Value: false);

    /// <summary>All of the conditions.</summary>
    public static KernelCondition All(params IEnumerable<KernelCondition> conditions) => Join(conditions, isAll: true);

    /// <summary>Any of the conditions.</summary>
    public static KernelCondition Any(params IEnumerable<KernelCondition> conditions) => Join(conditions, isAll: false);

    /// <summary>The same or a weaker condition whose port sets have at most so many ranges each.</summary>
    public virtual KernelCondition Coarsen(int ranges) => this;

    private static KernelCondition Join(IEnumerable<KernelCondition> conditions, bool isAll)
    {
        var (neutral, decisive) = isAll ? (True, False) : (False, True);
        var kept = new List<KernelCondition>();
        foreach (var condition in conditions)
        {
            if (condition == decisive)
            {
                return decisive;
            }

            if (condition is KernelJoin join && join.IsAll == isAll)
            {
                kept.AddRange(join.Conditions);
            }
            else if (condition != neutral)
            {
                kept.Add(condition);
            }
        }

        kept = isAll ? kept : MergePorts(kept);
        return kept.Contains(decisive) ? decisive : kept switch
        {
            [] => neutral,
            [var only] => only,
            _ => new KernelJoin(isAll, kept),
        };
    }

    // Alternatives for the port of one end become one set, which can be coarsened when it has too many ranges.
    private static List<KernelCondition> MergePorts(List<KernelCondition> alternatives)
    {
        var merged = new List<KernelCondition>();
        foreach (var group in alternatives.GroupBy(static condition => (condition as KernelPorts)?.IsLocal))
        {
            if (group.Key is not { } isLocal)
            {
                merged.AddRange(group);
                continue;
            }

            var ports = SortedPortRanges.Of(group.Cast<KernelPorts>().SelectMany(static condition => condition.Ports.Ranges.ToArray()));
            merged.Add(ports.IsFull ? True : new KernelPorts(isLocal, ports));
        }

        return merged;
    }
}

/// <summary>Always the same.</summary>
internal sealed record KernelConstant(bool Value) : KernelCondition;

/// <summary>Two or more conditions, none of them constant.</summary>
/// <param name="IsAll">Whether all must hold rather than any.</param>
/// <param name="Conditions">The conditions.</param>
internal sealed record KernelJoin(bool IsAll, IReadOnlyList<KernelCondition> Conditions) : KernelCondition
{
    /// <inheritdoc/>
    public override KernelCondition Coarsen(int ranges)
    {
        var coarse = Conditions.Select(condition => condition.Coarsen(ranges));
        return IsAll ? All(coarse) : Any(coarse);
    }
}

/// <summary>The port of one end is in a set that is neither empty nor full.</summary>
internal sealed record KernelPorts(bool IsLocal, SortedPortRanges Ports) : KernelCondition
{
    /// <inheritdoc/>
    public override KernelCondition Coarsen(int ranges)
    {
        var coarse = Ports.Coarsen(ranges);
        return coarse.IsFull ? True : this with { Ports = coarse };
    }
}

/// <summary>The address of one end is, or is not, in a network. IPv4 networks hold for IPv4 mapped into IPv6 as well.</summary>
internal sealed record KernelHost(bool IsLocal, InternetAddress Network, int PrefixLength, bool Holds) : KernelCondition;

/// <summary>The socket is, or is not, of the IPv6 family.</summary>
internal sealed record KernelFamilyIsIPv6(bool Holds) : KernelCondition;

/// <summary>The socket is, or is not, bound to an interface.</summary>
internal sealed record KernelBoundInterface(int Index, bool Holds) : KernelCondition;
