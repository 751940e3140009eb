namespace Portolan.Firewall.Judging.Machine;

/// <summary>Keeps lists of states short: packets that look alike at the same point are one state where their cubes fit together.</summary>
internal static class StateMerger
{
    /// <summary>Adds a state to a list, joined with those it fits.</summary>
    public static void Add(List<FlowState> states, FlowState added)
    {
        for (var i = 0; i < states.Count; i++)
        {
            if (TryMerge(states[i], added) is not { } merged)
            {
                continue;
            }

            // What became larger may fit another now.
            states.RemoveAt(i);
            added = merged;
            i = -1;
        }

        states.Add(added);
    }

    private static FlowState? TryMerge(in FlowState a, in FlowState b)
    {
        if (!ReferenceEquals(a.Trail, b.Trail) || !a.View.Equals(b.View))
        {
            return null;
        }

        if (a.Doubts.Same(b.Doubts))
        {
            return a.Cube.TryUnite(b.Cube) is { } cube ? a with { Cube = cube } : null;
        }

        // The same packets, come here with and without an assumption.
        return a.Cube.IsSame(b.Cube) && a.Doubts.Unite(b.Doubts) is { } doubts ? a with { Doubts = doubts } : null;
    }
}
