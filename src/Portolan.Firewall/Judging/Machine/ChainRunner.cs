using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Judging.Machine;

/// <summary>Sends packets through a chain's rules and the chains these jump to (nft_do_chain).</summary>
internal sealed class ChainRunner(JudgeBudget budget)
{
    private readonly List<StepSink> _sinks = [];

    /// <summary>Sends packets through a chain.</summary>
    /// <param name="chain">The chain.</param>
    /// <param name="entering">The packets.</param>
    /// <param name="depth">How many chains jumped here.</param>
    /// <param name="leaving">Gets those that return or reach the end.</param>
    /// <param name="decided">Gets those that a rule decided about.</param>
    public void Run(CompiledChain chain, List<FlowState> entering, int depth, List<FlowState> leaving, List<Verdict> decided)
    {
        if (depth > JudgeBudget.MaximumDepth)
        {
            GiveUp(entering, chain.Policy, "the chains are nested deeper than the kernel allows", decided);
            return;
        }

        if (chain.IsMissing)
        {
            GiveUp(entering, chain.Policy, "its target chain could not be read", decided);
            return;
        }

        while (_sinks.Count <= depth)
        {
            _sinks.Add(new StepSink());
        }

        var sink = _sinks[depth];
        var batch = new RuleBatch();
        var current = entering;
        var rules = chain.Rules;
        var field = PacketField.DestinationPort;
        var index = chain.PortsOf(field);
        var port = index is null ? null : PortOf(entering, field);
        if (port is null && chain.PortsOf(PacketField.SourcePort) is { } from)
        {
            // Answers come from a port.
            (field, index) = (PacketField.SourcePort, from);
            port = PortOf(entering, field);
        }

        var places = port is { } known ? Places(index!, entering, field, known) : null;
        for (var at = 0; at < (places?.Length ?? rules.Length); at++)
        {
            var place = places is null ? at : places[at];
            var rule = rules[place];
            if (current.Count == 1)
            {
                budget.Spend();
                if (chain.RunAt(place) is { } run && CanRun(run, current[0]))
                {
                    current = RunBatch(batch, current, decided);
                    current = current.Count == 0 ? current : Run(run, current[0], decided);
                    if (current.Count == 0)
                    {
                        return;
                    }

                    // Rules that test this field alone are about any port: they lie behind each other among the others too.
                    at += run.Count - 1;
                    continue;
                }

                if (!rule.MayMatch(current[0].View) || batch.TryAdd(rule, current[0]))
                {
                    continue;
                }
            }

            current = RunBatch(batch, current, decided);
            List<FlowState>? next = null;
            for (var i = 0; i < current.Count; i++)
            {
                budget.Spend();
                var state = current[i];
                if (!rule.MayMatch(state.View) || !RunRule(rule, state, sink))
                {
                    if (next is not null)
                    {
                        StateMerger.Add(next, state);
                    }

                    continue;
                }

                next ??= [.. current[..i]];
                Sort(rule, sink, depth, next, leaving, decided);
            }

            if (next is not null)
            {
                current = next;
                if (places is not null && PortOf(next, field) != port)
                {
                    // A rule wrote another port into packets: from here on every rule is looked at.
                    (places, at) = (null, place);
                }
            }

            if (current.Count > JudgeBudget.MaximumStates || budget.IsSpent)
            {
                GiveUp(current, rule.Reference, "too many cases to follow", decided);
                return;
            }

            if (current.Count == 0)
            {
                return;
            }
        }

        foreach (var state in RunBatch(batch, current, decided))
        {
            StateMerger.Add(leaving, state);
        }
    }

    private static int[] Places(PortIndex index, List<FlowState> states, PacketField field, ulong port)
    {
        foreach (var state in states)
        {
            state.View.Ask(field, index);
        }

        return index.PlacesFor(port);
    }

    private static List<FlowState> RunBatch(RuleBatch batch, List<FlowState> current, List<Verdict> decided) =>
        batch.IsEmpty ? current : batch.Run(current[0], decided) is { } left ? [left] : [];

    private static bool CanRun(RuleRun run, in FlowState state) =>
        state.View[run.Field] is { Kind: FieldValueKind.Open } value && state.Cube[value.Dimension].Count > RuleBatch.FewSenders;

    private List<FlowState> Run(RuleRun run, in FlowState state, List<Verdict> decided)
    {
        budget.Spend();
        var dimension = state.View[run.Field].Dimension;
        return run.Memo.Split(state.Cube[dimension]).Run(state, dimension, decided) is { } left ? [left] : [];
    }

    // The port that all packets go to, or come from; null where that are several, or one that is not known.
    private static ulong? PortOf(List<FlowState> states, PacketField field)
    {
        ulong? port = null;
        foreach (var state in states)
        {
            var value = state.View[field];
            if (value.Kind != FieldValueKind.Constant || (port is { } known && known != (ulong)value.Number))
            {
                return null;
            }

            port = (ulong)value.Number;
        }

        return port;
    }

    /// <summary>Runs the steps of a rule for one state; false when it changed nothing at all.</summary>
    private static bool RunRule(CompiledRule rule, in FlowState state, StepSink sink)
    {
        sink.Begin(state);
        foreach (var step in rule.Steps)
        {
            sink.Advance();
            if (sink.Pending.Count == 0)
            {
                break;
            }

            foreach (var pending in sink.Pending)
            {
                step.Run(pending, sink);
            }
        }

        if (sink.Decided.Count > 0)
        {
            return true;
        }

        // Packets that were only taken apart are together again; so are the answers to a question that changed nothing.
        return !AreUnchanged(sink.Missed, state) || !AreUnchanged(sink.Passed, state);
    }

    private static bool AreUnchanged(List<FlowState> states, in FlowState before)
    {
        for (var i = 0; i < states.Count; i++)
        {
            var view = states[i].View;
            if (!ReferenceEquals(view, before.View) && !view.WithoutSlots().Equals(before.View))
            {
                return false;
            }
        }

        return true;
    }

    private void Sort(CompiledRule rule, StepSink sink, int depth, List<FlowState> next, List<FlowState> leaving, List<Verdict> decided)
    {
        foreach (var state in sink.Missed)
        {
            StateMerger.Add(next, state with { View = state.View.WithoutSlots() });
        }

        foreach (var state in sink.Passed)
        {
            StateMerger.Add(next, state with { View = state.View.WithoutSlots() });
        }

        List<(Decision Decision, List<FlowState> States)>? calls = null;
        foreach (var (found, decision) in sink.Decided)
        {
            var state = found with { View = found.View.WithoutSlots() };
            switch (decision.Kind)
            {
                case VerdictKind.Break:
                    StateMerger.Add(next, state);
                    break;
                case VerdictKind.Return:
                    StateMerger.Add(leaving, state);
                    break;
                case VerdictKind.Jump or VerdictKind.Goto:
                    calls ??= [];
                    AddCall(calls, decision, state);
                    break;
                default:
                    decided.Add(new Verdict(state, decision, rule.Reference));
                    break;
            }
        }

        if (calls is null)
        {
            return;
        }

        foreach (var (decision, states) in calls)
        {
            // What returns from a goto goes on where this chain was called.
            var returning = new List<FlowState>();
            Run(decision.Target!, states, depth + 1, returning, decided);
            foreach (var state in returning)
            {
                StateMerger.Add(decision.Kind == VerdictKind.Jump ? next : leaving, state);
            }
        }
    }

    private static void AddCall(List<(Decision Decision, List<FlowState> States)> calls, Decision decision, FlowState state)
    {
        foreach (var call in calls)
        {
            if (call.Decision.Kind == decision.Kind && ReferenceEquals(call.Decision.Target, decision.Target))
            {
                StateMerger.Add(call.States, state);
                return;
            }
        }

        calls.Add((decision, [state]));
    }

    private static void GiveUp(List<FlowState> states, RuleReference rule, string why, List<Verdict> decided)
    {
        var question = new OpenQuestion(rule, why);
        foreach (var state in states)
        {
            decided.Add(new Verdict(state.Ask(question), Decision.Open, rule));
        }
    }
}

/// <summary>Packets that a rule decided about.</summary>
/// <param name="State">The packets.</param>
/// <param name="Decision">What it decided.</param>
/// <param name="Rule">The rule.</param>
internal readonly record struct Verdict(FlowState State, Decision Decision, RuleReference Rule);
