using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Machine;
using Portolan.Firewall.Judging.Ports;

namespace Portolan.Firewall.Judging.Steps;

/// <summary>A set whose key is one whole field: one split.</summary>
internal sealed class WholeIndex(PacketField field, IntervalSet keys) : IKeyIndex
{
    private PortTable? _ports;

    public bool TrySplit(in FlowState state, OpenQuestion question, List<(FlowState State, int Outcome)> inside, List<FlowState> outside)
    {
        if (state.View.IsAsked(field))
        {
            state.View.Ask(field, _ports ??= PortTable.Of(keys));
            if (keys.Contains(state.View[field].Number))
            {
                inside.Add((state, 0));
            }
            else
            {
                outside.Add(state);
            }

            return true;
        }

        var domain = FieldSplitter.Domain(state, field);
        var part = domain.Intersect(keys);
        if (part.IsEmpty)
        {
            outside.Add(state);
            return true;
        }

        inside.Add((FieldSplitter.Narrow(state, field, part, question), 0));
        var rest = domain.Except(keys);
        if (!rest.IsEmpty)
        {
            outside.Add(FieldSplitter.Narrow(state, field, rest, question));
        }

        return true;
    }
}
