using Portolan.Sockets.Filtering.Syntax;

namespace Portolan.Sockets.Filtering;

/// <summary>What a filter speaks of, wherever in it.</summary>
/// <param name="States">Whether it has a condition on states.</param>
/// <param name="Kinds">Whether it has a condition on protocols, families or Unix paths.</param>
/// <param name="Bound">Whether it names the state <c>bound</c> by itself, and not only within a group or as excluded.</param>
public readonly record struct FilterMentions(bool States, bool Kinds, bool Bound)
{
    /// <summary>Walks the filter.</summary>
    internal static FilterMentions In(FilterNode node) => node switch
    {
        AndNode and => Join(and.Operands),
        OrNode or => Join(or.Operands),
        NotNode not => In(not.Operand) with { Bound = false },
        StateNode state =>
            new(
                States: true, Kinds: false,
                Bound: (state.States & (1u << (int)SocketState.Bound)) != 0 && state.States is not (StateWords.All or StateWords.Big)),
        ProtocolNode or FamilyNode => new(States: false, Kinds: true, Bound: false),
        PatternNode pattern => new(States: false, Kinds: pattern.Field == FilterFields.Path, Bound: false),
        HostNode host =>
            new(
                States: false, Kinds: host.Terms.Any(static term => term.UnixPath is not null || term.Family != SocketFamilies.None),
                Bound: false),
        _ => default,
    };

    private static FilterMentions Join(IReadOnlyList<FilterNode> nodes)
    {
        var result = default(FilterMentions);
        foreach (var node in nodes)
        {
            var found = In(node);
            result = new(result.States || found.States, result.Kinds || found.Kinds, result.Bound || found.Bound);
        }

        return result;
    }
}
