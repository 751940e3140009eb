using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Machine;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Judging.Steps;

/// <summary>Gives packets an address of the interface they leave by (nf_nat_masquerade_ipv4).</summary>
internal sealed class MasqueradeStep(RuleReference rule, JudgeContext context, bool hasPorts) : RuleStep
{
    public override void Run(in FlowState state, StepSink sink)
    {
        if (state.View[PacketField.OutputInterface].Kind == FieldValueKind.Constant)
        {
            Apply(state, sink);
            return;
        }

        // An answer's interface is known once its address is.
        foreach (var (_, part) in state.View[PacketField.OutputInterface].Kind == FieldValueKind.Open
            ? FieldSplitter.ByInterface(state, PacketField.OutputInterface, new OpenQuestion(rule, "")) : [(0, state)])
        {
            Apply(part, sink);
        }
    }

    private void Apply(in FlowState state, StepSink sink)
    {
        var outputs = FieldSplitter.Domain(state, PacketField.OutputInterface);
        var addresses = new List<Interval>();
        foreach (var candidate in context.Host.Addresses)
        {
            if (candidate.Address.IsIPv4 == context.IsIPv4 && !candidate.Address.IsLinkLocal
                && outputs.Contains((uint)candidate.InterfaceIndex))
            {
                addresses.Add(new Interval(candidate.Address.Number, candidate.Address.Number));
            }
        }

        if (addresses.Count == 0)
        {
            sink.Decide(state, Decision.Drop);
            return;
        }

        const string why = "masquerade takes one of the interface's addresses";
        var address = FieldValue.Choice(IntervalSet.From(addresses), why);
        var port = hasPorts ? FieldValue.Choice(IntervalSet.Of(1, ushort.MaxValue), "masquerade chooses a port") : (FieldValue?)null;
        sink.Decide(NatStep.Apply(state, rule, isSource: true, address, port), Decision.Accept);
    }
}
