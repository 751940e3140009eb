namespace Portolan.Firewall.Judging.Machine;

/// <summary>Sets of packets as lists of cubes that share nothing.</summary>
internal static class CubeLists
{
    public static List<Cube> Intersect(List<Cube> left, List<Cube> right)
    {
        var result = new List<Cube>();
        foreach (var a in left)
        {
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

    public static List<Cube> Except(List<Cube> left, List<Cube> right)
    {
        var result = left;
        foreach (var hole in right)
        {
            var next = new List<Cube>();
            foreach (var cube in result)
            {
                cube.Except(hole, next);
            }

            result = next;
        }

        return result;
    }

    /// <summary>Adds a cube that shares nothing with the list's, joined with one it fits.</summary>
    public static void Unite(List<Cube> cubes, Cube added)
    {
        for (var i = 0; i < cubes.Count; i++)
        {
            if (cubes[i].TryUnite(added) is { } united)
            {
                cubes.RemoveAt(i);
                added = united;
                i = -1;
            }
        }

        cubes.Add(added);
    }
}
