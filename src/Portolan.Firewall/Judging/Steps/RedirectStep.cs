using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Machine;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Judging.Steps;

/// <summary>Sends packets to this machine (nf_nat_redirect): what comes in to the input interface's first address, what goes out to loopback.</summary>
internal sealed class RedirectStep(RuleReference rule, JudgeContext context, NatTarget ports) : RuleStep
{
    private static readonly IntervalSet LinkLocal = IntervalSet.Prefix((UInt128)0xfe80 << 112, 10, 128);

    // Site-local addresses and groups have scopes of their own.
    private static readonly IntervalSet Scoped = IntervalSet.Prefix((UInt128)0xfec0 << 112, 10, 128).Union(IntervalSet.Prefix((UInt128)0xff00 << 112, 8, 128));

    private readonly NatStep _step = new(rule, context, ports);

    public override void Run(in FlowState state, StepSink sink)
    {
        foreach (var (index, part) in FieldSplitter.ByInterface(state, PacketField.InputInterface, new OpenQuestion(rule, "the interface is one of several")))
        {
            if (index == 0)
            {
                Redirect(part, FieldValue.Constant(context.IsIPv4 ? 0x7f000001u : 1u), sink);
            }
            else if (context.IsIPv4)
            {
                ToFirst(part, index, static _ => true, sink);
            }
            else
            {
                ByScope(part, index, sink);
            }
        }
    }

    // IPv6 takes the first address of the destination's scope (nf_nat_redirect_ipv6).
    private void ByScope(in FlowState state, int index, StepSink sink)
    {
        var destinations = FieldSplitter.Domain(state, PacketField.DestinationAddress);
        var question = new OpenQuestion(rule, "the address is one of several");
        var near = destinations.Intersect(LinkLocal);
        var scoped = destinations.Intersect(Scoped);
        var others = destinations.Except(LinkLocal).Except(Scoped);
        if (!near.IsEmpty)
        {
            ToFirst(FieldSplitter.Narrow(state, PacketField.DestinationAddress, near, question), index, static address => address.IsLinkLocal, sink);
        }

        if (!others.IsEmpty)
        {
            ToFirst(FieldSplitter.Narrow(state, PacketField.DestinationAddress, others, question), index, static address => !address.IsLinkLocal, sink);
        }

        if (!scoped.IsEmpty)
        {
            var asked = FieldSplitter.Narrow(state, PacketField.DestinationAddress, scoped, question).Ask(new OpenQuestion(rule, "the scope of the destination is not modelled"));
            sink.Decide(asked, Decision.Open);
        }
    }

    private void ToFirst(in FlowState state, int index, Func<InternetAddress, bool> isOfScope, StepSink sink)
    {
        foreach (var candidate in context.Host.Addresses)
        {
            if (candidate.InterfaceIndex == index && candidate.Address.IsIPv4 == context.IsIPv4 && isOfScope(candidate.Address))
            {
                Redirect(state, FieldValue.Constant(candidate.Address.Number), sink);
                return;
            }
        }

        sink.Decide(state, Decision.Drop);
    }

    private void Redirect(in FlowState state, FieldValue address, StepSink sink) => _step.Run(state, address, sink);
}
