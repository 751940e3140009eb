using Portolan.Firewall.Judging.Machine;

namespace Portolan.Firewall.Judging.Answers;

/// <summary>Lays the ends of all ways over each other: packets with one possible fate are proved, those with several are not.</summary>
internal static class FateCombiner
{
    private const int MaximumPieces = 2048;

    /// <summary>Splits packets by the ends they may come to. The pieces share no packet.</summary>
    public static List<FatePiece> Combine(List<Terminal> ends, JudgeBudget budget)
    {
        // What is coupled may turn out to be nothing.
        ends = ends.Exists(static end => end.State.Cube.IsCoupled) ? ends.FindAll(static end => !end.State.Cube.IsEmpty) : ends;
        var result = new List<FatePiece>(ends.Count);
        if (!ends.Exists(static end => !end.State.Doubts.AreNone))
        {
            foreach (var end in ends)
            {
                result.Add(new FatePiece([end.State.Cube], [end]));
            }

            return result;
        }

        foreach (var end in ends)
        {
            if (Lay(end, result, budget) is not { Count: <= MaximumPieces } pieces)
            {
                return GiveUp(ends, budget);
            }

            result = pieces;
        }

        return result;
    }

    // Null where it is more work than telling the cases apart is worth.
    private static List<FatePiece>? Lay(in Terminal end, List<FatePiece> pieces, JudgeBudget budget)
    {
        var result = new List<FatePiece>(pieces.Count + 1);
        List<Cube> rest = [end.State.Cube];
        foreach (var piece in pieces)
        {
            if (budget.AreComparisonsSpent)
            {
                return null;
            }

            var both = CubeLists.Intersect(piece.Cubes, rest, budget);
            if (both.Count == 0)
            {
                result.Add(piece);
                continue;
            }

            result.Add(new FatePiece(both, [.. piece.Ends, end]));
            var others = CubeLists.Except(piece.Cubes, both, budget);
            if (others.Count > 0)
            {
                result.Add(new FatePiece(others, piece.Ends));
            }

            rest = CubeLists.Except(rest, both, budget);
        }

        if (rest.Count > 0)
        {
            result.Add(new FatePiece(rest, [end]));
        }

        return result;
    }

    private static List<FatePiece> GiveUp(List<Terminal> ends, JudgeBudget budget)
    {
        var question = new OpenQuestion(null, "too many cases to distinguish");
        var cubes = new List<Cube>();
        foreach (var end in ends)
        {
            cubes.AddRange(CubeLists.Except([end.State.Cube], cubes, budget));
            if (cubes.Count > MaximumPieces || budget.AreComparisonsSpent)
            {
                cubes = [CubeLists.Around([.. ends.Select(static e => e.State.Cube)])];
                break;
            }
        }

        return [new FatePiece(cubes, [new Terminal(ends[0].State.Ask(question), Fate.Open)])];
    }
}

/// <summary>Packets and the ends they may come to.</summary>
/// <param name="Cubes">The packets.</param>
/// <param name="Ends">The ends.</param>
internal sealed record FatePiece(List<Cube> Cubes, IReadOnlyList<Terminal> Ends);
