namespace Portolan.Firewall.Judging.Machine;

/// <summary>Packets that came the same way to the same point and look alike there.</summary>
/// <param name="Cube">Which packets.</param>
/// <param name="View">How they look.</param>
/// <param name="Doubts">What was assumed.</param>
/// <param name="Trail">The base chains they passed.</param>
internal readonly record struct FlowState(Cube Cube, PacketView View, Doubts Doubts, Trail? Trail)
{
    public FlowState Ask(OpenQuestion question) => this with { Doubts = Doubts.Ask(question) };
}

/// <summary>A way through base chains, from its end.</summary>
/// <param name="Visit">The last chain.</param>
/// <param name="Before">The chains before it.</param>
internal sealed record Trail(ChainVisit Visit, Trail? Before)
{
    /// <summary>The chains in order.</summary>
    public static IReadOnlyList<ChainVisit> InOrder(Trail? end)
    {
        var result = new List<ChainVisit>();
        for (var at = end; at is not null; at = at.Before)
        {
            result.Add(at.Visit);
        }

        result.Reverse();
        return result;
    }
}
