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
    public bool TrySplit(in FlowState state, OpenQuestion question, List<(FlowState State, int Outcome)> inside, List<FlowState> outside)
    {
        var indexes = device is { } known ? FieldSplitter.Domain(state, known) : IntervalSet.Of(0);
        foreach (var interval in indexes.Intervals)
        {
            for (var index = interval.First; index <= interval.Last; index++)
            {
                var part = device is { } split ? FieldSplitter.Narrow(state, split, IntervalSet.Of(index), question) : state;
                var domain = FieldSplitter.Domain(part, field);
                var kinds = isIPv4 ? routes.AddressKinds(domain, (int)index) : typesOf(domain, (int)index, index != 0 ? (int)index : LinkOf(part));
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
        }

        return true;
    }

    private static int LinkOf(in FlowState state) =>
        state.View[PacketField.Device] is { Kind: FieldValueKind.Constant } known ? (int)known.Number : 0;
}
