namespace Portolan.Firewall.Judging.Machine;

/// <summary>Forgets by which of very many rules packets were accepted: what becomes of them does not hang on it.</summary>
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

        var byView = new Dictionary<PacketView, List<FlowState>>();
        foreach (var state in states)
        {
            if (!byView.TryGetValue(state.View, out var alike))
            {
                byView.Add(state.View, alike = []);
            }

            StateMerger.Add(alike, alike.Count > 0 ? state with { Trail = alike[0].Trail } : state);
        }

        var result = new List<FlowState>();
        foreach (var alike in byView.Values)
        {
            result.AddRange(alike);
        }

        return result;
    }
}
