namespace Portolan.Lab.Topology.Paths;

/// <summary>The way from one place of a topology to another. A place is a network or a router.</summary>
/// <param name="From">Where it begins.</param>
/// <param name="To">Where it ends.</param>
/// <param name="Steps">The routers that pass a packet on, in order, without <paramref name="From"/> and <paramref name="To"/>; each with
/// what leads to it.</param>
/// <param name="Last">What is crossed after the last router: the network at the end, or what leads to the router at the end; <c>null</c>
/// when nothing is.</param>
public sealed record LabPath(string From, string To, IReadOnlyList<PathStep> Steps, Crossing? Last)
{
    /// <summary>The names of the routers that pass a packet on, in order.</summary>
    public IEnumerable<string> Routers => Steps.Select(static step => step.Router);

    /// <summary>Everything that is crossed, in order.</summary>
    public IEnumerable<Crossing> Crossings =>
        Last is { } last ? Steps.Select(static step => step.Over).Append(last) : Steps.Select(static step => step.Over);

    /// <summary>Whether a router passes packets on here.</summary>
    public bool Passes(string router)
    {
        foreach (var step in Steps)
        {
            if (step.Router == router)
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>A router on a path.</summary>
/// <param name="Over">What is crossed to reach it.</param>
/// <param name="Router">Its name.</param>
public readonly record struct PathStep(Crossing Over, string Router);

/// <summary>What lies between two neighbours: a network or a link.</summary>
/// <param name="Network">The network's name; <c>null</c> for a link.</param>
/// <param name="Link">The link's place in <see cref="LabTopology.Links"/>, from 0; -1 for a network.</param>
public readonly record struct Crossing(string? Network, int Link)
{
    /// <summary>A network.</summary>
    public static Crossing Of(string network) => new(network, -1);

    /// <summary>A link.</summary>
    public static Crossing Of(int link) => new(null, link);
}

/// <summary>Where a packet goes next.</summary>
/// <param name="Over">What it crosses.</param>
/// <param name="Router">The router that takes it; <c>null</c> when it is in the network where it is to go, and the host itself takes
/// it.</param>
public readonly record struct NextHop(Crossing Over, string? Router);
