namespace Portolan.Firewall.Judging.Machine;

/// <summary>Forgets by which of very many rules packets were accepted: what becomes of them does not depend on it.</summary>
internal static class TrailShortener
{
    private const int MaximumStates = 64;

    /// <summary>The same packets in fewer states, where there are many: those that look alike have one way, that of the first.</summary>
    public static List<FlowState> Shorten(List<FlowState> states)
    {
        if (states.Count <= MaximumStates)
        {
            return states;
        }

        var groups = new Dictionary<PacketView, List<FlowState>>();
        foreach (var state in states)
        {
            if (!groups.TryGetValue(state.View, out var alike))
            {
                groups.Add(state.View, alike = []);
            }

            alike.Add(state);
        }

        var result = new List<FlowState>();
        foreach (var alike in groups.Values)
        {
            Unite(alike, result);
        }

        return result;
    }

    // Those with the same assumptions become one.
    private static void Unite(List<FlowState> alike, List<FlowState> result)
    {
        while (alike.Count > 0)
        {
            var first = alike[^1];
            var cubes = new List<Cube>();
            alike.RemoveAll(state =>
            {
                var isSame = state.Doubts.Same(first.Doubts);
                if (isSame)
                {
                    cubes.Add(state.Cube);
                }

                return isSame;
            });
            foreach (var cube in CubeLists.Unite(cubes))
            {
                result.Add(first with { Cube = cube });
            }
        }
    }
}
