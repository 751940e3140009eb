using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Machine;

namespace Portolan.Firewall.Judging.Steps;

/// <summary>
/// Passes packets while there are no more connections than a limit allows. Of senders who have that many, as far as connection tracking
/// shows, both is possible.
/// </summary>
/// <remarks>
/// Which of the connections the rule counted the kernel does not tell: it knows none that no packet showed to the rule since it was made
/// (nf_conncount_add).
/// </remarks>
/// <param name="limit">The limit.</param>
/// <param name="isOver">Whether packets that exceed it pass instead.</param>
/// <param name="full">The senders who have as many connections.</param>
/// <param name="question">Asked of these.</param>
internal sealed class ConnectionCountTest(FlowLimit limit, bool isOver, IntervalSet full, OpenQuestion question) : RuleStep
{
    private readonly LimitTest _test = new(limit, isOver);

    public override void Run(in FlowState state, StepSink sink)
    {
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
