namespace Portolan.Lab.Topology;

/// <summary>A host of a lab at whose place a command runs.</summary>
/// <param name="Host">The host, or the range of hosts, as the topology names it.</param>
/// <param name="Name">Its name in the lab: of a range with the number of the host, such as <c>pc-3</c>.</param>
internal sealed record PlaceChoice(string Host, string Name);
