using Portolan.Firewall.Host;
using Portolan.Firewall.Host.Routing;
using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Machine;

namespace Portolan.Firewall.Judging.Steps;

/// <summary>Splits packets by the type of an address as routing sees it; the outcome is its RTN_* number.</summary>
/// <param name="routes">The routes.</param>
/// <param name="isIPv4">The family.</param>
/// <param name="field">The address.</param>
/// <param name="device">The interface whose addresses alone count, or <c>null</c> for any.</param>
/// <param name="typesOf">Tells types of IPv6 addresses, for an interface or 0, and the link the packet is on or 0.</param>
internal sealed class AddressKindIndex(
    RouteMap routes,
    bool isIPv4,
    PacketField field,
    PacketField? device,
    Func<IntervalSet, int, int, IReadOnlyList<(IntervalSet Addresses, HostRouteKind Kind)>?> typesOf) : IKeyIndex
{
    private static readonly IntervalSet LinkLocal = IntervalSet.Prefix((UInt128)0xfe80 << 112, 10, 128);

    public bool TrySplit(in FlowState state, OpenQuestion question, List<(FlowState State, int Outcome)> inside, List<FlowState> outside)
    {
        foreach (var (index, part) in Parts(state, question))
        {
            var domain = FieldSplitter.Domain(part, field);
            var kinds = isIPv4 ? routes.AddressKinds(domain, index) : typesOf(domain, index, index != 0 ? index : LinkOf(part));
            if (kinds is null)
            {
                inside.Clear();
                return false;
            }

            foreach (var (addresses, kind) in kinds)
            {
                inside.Add((FieldSplitter.Narrow(part, field, addresses, question), (int)kind));
            }
        }

        return true;
    }

    // An address of the link is looked up on the link that the packet is on.
    private List<(int Interface, FlowState State)> Parts(in FlowState state, OpenQuestion question)
    {
        if (device is { } known)
        {
            return FieldSplitter.ByInterface(state, known, question);
        }

        return !isIPv4 && state.View[PacketField.Device].Kind == FieldValueKind.Open
            && FieldSplitter.Domain(state, field).Overlaps(LinkLocal)
            ? FieldSplitter.ByInterface(state, PacketField.Device, question).ConvertAll(static part => (0, part.State))
            : [(0, state)];
    }

    private static int LinkOf(in FlowState state)
    {
        var link = FieldSplitter.Domain(state, PacketField.Device);
        return state.View[PacketField.Device].Kind != FieldValueKind.Choice && link.Count == 1
            && link.Intervals[0].First == link.Intervals[0].Last ? (int)link.Intervals[0].First : 0;
    }
}
