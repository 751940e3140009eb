using Portolan.Firewall.Judging.Fields;

namespace Portolan.Firewall.Judging.Machine;

/// <summary>Sets of packets as lists of cubes that share nothing.</summary>
internal static class CubeLists
{
    /// <summary>What is in both.</summary>
    /// <exception cref="OperationCanceledException">The budget was cancelled.</exception>
    public static List<Cube> Intersect(List<Cube> left, List<Cube> right, JudgeBudget budget)
    {
        var result = new List<Cube>();
        foreach (var a in left)
        {
            budget.Compare(right.Count);
            foreach (var b in right)
            {
                if (a.Intersect(b) is { } both)
                {
                    result.Add(both);
                }
            }
        }

        return result;
    }

    /// <summary>What is in the first and not in the second.</summary>
    /// <exception cref="OperationCanceledException">The budget was cancelled.</exception>
    public static List<Cube> Except(List<Cube> left, List<Cube> right, JudgeBudget budget)
    {
        var result = left;
        foreach (var hole in right)
        {
            budget.Compare(result.Count);
            var next = new List<Cube>();
            foreach (var cube in result)
            {
                cube.Except(hole, next);
            }

            result = next;
        }

        return result;
    }

    /// <summary>One cube that holds all of some, and what lies between them.</summary>
    public static Cube Around(List<Cube> cubes)
    {
        var sets = new IntervalSet[PacketFields.OpenCount];
        for (var dimension = 0; dimension < sets.Length; dimension++)
        {
            sets[dimension] = UnionOf(cubes, dimension);
        }

        return new Cube(sets);
    }

    /// <summary>The same packets in fewer cubes: those that differ in one dimension become one, dimension by dimension.</summary>
    /// <param name="cubes">Cubes that share nothing.</param>
    public static List<Cube> Unite(List<Cube> cubes)
    {
        if (cubes.Count < 2)
        {
            return cubes;
        }

        var result = cubes;
        for (var dimension = 0; dimension < PacketFields.OpenCount && result.Count > 1; dimension++)
        {
            result = Unite(result, dimension);
        }

        return result;
    }

    private static List<Cube> Unite(List<Cube> cubes, int dimension)
    {
        var groups = new Dictionary<Cube, List<Cube>>(new AlikeBut(dimension));
        foreach (var cube in cubes)
        {
            if (groups.TryGetValue(cube, out var alike))
            {
                alike.Add(cube);
            }
            else
            {
                groups.Add(cube, [cube]);
            }
        }

        if (groups.Count == cubes.Count)
        {
            return cubes;
        }

        var result = new List<Cube>(groups.Count);
        foreach (var alike in groups.Values)
        {
            result.Add(alike[0].With(dimension, UnionOf(alike, dimension)));
        }

        return result;
    }

    private static IntervalSet UnionOf(List<Cube> cubes, int dimension)
    {
        if (cubes.Count <= 2)
        {
            return cubes.Count == 1 ? cubes[0][dimension] : cubes[0][dimension].Union(cubes[1][dimension]);
        }

        var intervals = new List<Interval>();
        foreach (var cube in cubes)
        {
            cube[dimension].Intervals.AddTo(intervals);
        }

        return IntervalSet.From(intervals);
    }
}

/// <summary>Compares cubes in all dimensions but one.</summary>
internal sealed class AlikeBut(int dimension) : IEqualityComparer<Cube>
{
    public bool Equals(Cube? x, Cube? y)
    {
        if (x is null || y is null)
        {
            return x is null && y is null;
        }

        if (!x.IsCoupledAs(y))
        {
            return false;
        }

        for (var i = 0; i < PacketFields.OpenCount; i++)
        {
            if (i != dimension && !ReferenceEquals(x[i], y[i]) && !x[i].Equals(y[i]))
            {
                return false;
            }
        }

        return true;
    }

    public int GetHashCode(Cube obj)
    {
        var hash = new HashCode();
        for (var i = 0; i < PacketFields.OpenCount; i++)
        {
            if (i != dimension)
            {
                hash.Add(obj[i].GetHashCode());
            }
        }

        return hash.ToHashCode();
    }
}
