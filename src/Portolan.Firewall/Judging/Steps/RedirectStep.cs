using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Machine;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Judging.Steps;

/// <summary>Sends packets to this machine (nf_nat_redirect): what comes in to the input interface's first address, what goes out to loopback.</summary>
internal sealed class RedirectStep(RuleReference rule, JudgeContext context, NatTarget ports) : RuleStep
{
    private const int LinkLocalScope = 0xfe80 >> 6;

    private readonly NatStep _step = new(rule, context, ports);

    public override void Run(in FlowState state, StepSink sink)
    {
        foreach (var index in FieldSplitter.Domain(state, PacketField.InputInterface).Intervals)
        {
            for (var number = index.First; number <= index.Last; number++)
            {
                var part = FieldSplitter.Narrow(state, PacketField.InputInterface, IntervalSet.Of(number), new OpenQuestion(rule, "the interface is one of several"));
                if (number == 0)
                {
                    Redirect(part, context.IsIPv4 ? 0x7f000001u : 1u, sink);
                    continue;
                }

                if (FirstAddress((int)number, part) is not { } address)
                {
                    sink.Decide(part, Decision.Drop);
                    continue;
                }

                Redirect(part, address.Number, sink);
            }
        }
    }

    private void Redirect(in FlowState state, UInt128 address, StepSink sink) => _step.Run(state, FieldValue.Constant(address), sink);

    private InternetAddress? FirstAddress(int index, in FlowState state)
    {
        // IPv6 takes an address of the destination's scope.
        var destination = FieldSplitter.Domain(state, PacketField.DestinationAddress);
        var wantsLinkLocal = !context.IsIPv4 && !destination.IsEmpty && destination.Intervals[0].First >> 118 == LinkLocalScope;
        foreach (var candidate in context.Host.Addresses)
        {
            if (candidate.InterfaceIndex == index && candidate.Address.IsIPv4 == context.IsIPv4
                && (context.IsIPv4 || candidate.Address.IsLinkLocal == wantsLinkLocal))
            {
                return candidate.Address;
            }
        }

        return null;
    }
}
