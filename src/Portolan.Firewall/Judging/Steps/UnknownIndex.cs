using Portolan.Firewall.Judging.Machine;

namespace Portolan.Firewall.Judging.Steps;

/// <summary>Elements that cannot be found by what is known of packets.</summary>
internal sealed class UnknownIndex : IKeyIndex
{
    public bool TrySplit(in FlowState state, OpenQuestion question, List<(FlowState State, int Outcome)> inside, List<FlowState> outside) =>
        false;
}
