namespace Portolan.Firewall.Judging.Machine;

/// <summary>Where a step of a rule puts what becomes of the packets it looked at. Reused, one for each depth of jumps.</summary>
internal sealed class StepSink
{
    /// <summary>Go on to the rule's next step.</summary>
    public List<FlowState> Passed { get; private set; } = [];

    /// <summary>Those that the step before passed on.</summary>
    public List<FlowState> Pending { get; private set; } = [];

    /// <summary>Did not match, and go on to the next rule.</summary>
    public List<FlowState> Missed { get; } = [];

    /// <summary>Were decided about.</summary>
    public List<(FlowState State, Decision Decision)> Decided { get; } = [];

    public void Pass(in FlowState state) => Passed.Add(state);

    public void Miss(in FlowState state) => Missed.Add(state);

    public void Decide(in FlowState state, Decision decision) => Decided.Add((state, decision));

    /// <summary>Both may be: the step's outcome is not known.</summary>
    public void Fork(in FlowState state, OpenQuestion question)
    {
        var asked = state.Ask(question);
        Passed.Add(asked);
        Missed.Add(asked);
    }

    /// <summary>Starts a rule.</summary>
    public void Begin(in FlowState state)
    {
        Missed.Clear();
        Decided.Clear();
        Passed.Clear();
        Passed.Add(state);
    }

    /// <summary>Makes what was passed on what is pending.</summary>
    public void Advance()
    {
        (Passed, Pending) = (Pending, Passed);
        Passed.Clear();
    }
}
