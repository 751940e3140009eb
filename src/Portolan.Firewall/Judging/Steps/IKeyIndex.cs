using Portolan.Firewall.Judging.Machine;

namespace Portolan.Firewall.Judging.Steps;

/// <summary>The elements of a set or map, found by what a packet's fields are.</summary>
internal interface IKeyIndex
{
    /// <summary>Splits packets by the element they find.</summary>
    /// <param name="state">The packets.</param>
    /// <param name="question">Asked of parts that rest on an unknown field.</param>
    /// <param name="inside">Parts that find an element, and the number of its outcome.</param>
    /// <param name="outside">Parts that find none.</param>
    /// <returns>False when the parts would be too many.</returns>
    bool TrySplit(in FlowState state, OpenQuestion question, List<(FlowState State, int Outcome)> inside, List<FlowState> outside);
}
