using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Machine;

namespace Portolan.Firewall.Judging.Steps;

/// <summary>Passes packets while there are no more connections than a limit allows. Of senders who have that many, as far as connection tracking shows, both is possible.</summary>
/// <remarks>Which of the connections the rule counted the kernel does not tell: it knows none that no packet showed to the rule since it was made (nf_conncount_add).</remarks>
/// <param name="limit">The limit.</param>
/// <param name="most">How many connections there may be.</param>
/// <param name="isOver">Whether packets that exceed it pass instead.</param>
/// <param name="prefixLength">How many bits of a sender's address are counted together; 0 for all senders.</param>
/// <param name="context">The packets' family and protocol, and the connections.</param>
/// <param name="question">Asked of senders who have as many.</param>
internal sealed class ConnectionCountTest(FlowLimit limit, uint most, bool isOver, int prefixLength, JudgeContext context, OpenQuestion question) : RuleStep
{
    private readonly LimitTest _test = new(limit, isOver);

    public override void Run(in FlowState state, StepSink sink)
    {
        var port = state.View[state.View[PacketField.HasConnection].Kind == FieldValueKind.Constant && state.View[PacketField.HasConnection].Number != 0 ? PacketField.OriginalDestinationPort : PacketField.DestinationPort];
        var full = port.Kind != FieldValueKind.Constant || context.Connections is not { } connections ? IntervalSet.Empty
            : connections.Full(context.IsIPv4, context.Protocol, (ushort)port.Number, prefixLength, most);
        if (full.IsEmpty)
        {
            _test.Run(state, sink);
            return;
        }

        var domain = FieldSplitter.Domain(state, PacketField.SourceAddress);
        var (inside, outside) = (domain.Intersect(full), domain.Except(full));
        if (!inside.IsEmpty)
        {
            sink.Fork(FieldSplitter.Narrow(state, PacketField.SourceAddress, inside, question), question);
        }

        if (!outside.IsEmpty)
        {
            _test.Run(FieldSplitter.Narrow(state, PacketField.SourceAddress, outside, question), sink);
        }
    }
}
