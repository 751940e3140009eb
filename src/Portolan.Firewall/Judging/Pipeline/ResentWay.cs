using Portolan.Firewall.Judging.Machine;

namespace Portolan.Firewall.Judging.Pipeline;

/// <summary>
/// The way of a first packet that is sent again because a rule dropped it: rules put its sender on a list before, and look at that list.
/// </summary>
/// <remarks>
/// TCP sends a SYN again after a second (RFC 6298 section 2). What was dropped is of no connection: it comes as new again.
/// </remarks>
internal static class ResentWay
{
    private const string Why = "the dropped packet adds its sender to a list, and a retransmission is treated differently";

    /// <summary>Sends dropped packets on their way again, and adds what else becomes of them then.</summary>
    /// <param name="run">What it is judged with; has the ends of the first time.</param>
    /// <param name="send">Sends packets on their way.</param>
    /// <param name="begin">Makes the query's packets: hardly any rules put senders on lists.</param>
    public static void Run(FlowRun run, Action<FlowRun, List<FlowState>> send, Func<List<FlowState>> begin)
    {
        List<FlowState>? starts = null;
        foreach (var dropped in run.Ends.Where(IsRemembered).GroupBy(static end => end.Fate.Decider).ToList())
        {
            var states = new List<FlowState>();
            foreach (var (state, _) in dropped)
            {
                foreach (var start in starts ??= begin())
                {
                    if (start.Cube.Intersect(state.Cube) is { } cube)
                    {
                        var view = start.View.With(start.View.Marks with { Additions = state.View.Marks.Additions });
                        StateMerger.Add(states, state with { Cube = cube, View = view, Trail = null });
                    }
                }
            }

            var again = run.Apart();
            send(again, states);
            var question = new OpenQuestion(dropped.Key, Why);
            run.Ends.AddRange(again.Ends.Where(static end => end.Fate.Decision != FlowDecision.Drop)
                .Select(end => end with { State = end.State.Ask(question) }));
        }
    }

    private static bool IsRemembered(Terminal end) => end is
    {
        Fate.Decision: FlowDecision.Drop, State: { View.Marks.Additions: not null, Doubts.Exceeded.Count: 0 }
    };
}
