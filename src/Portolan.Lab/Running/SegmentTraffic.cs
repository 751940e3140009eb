namespace Portolan.Lab.Running;

/// <summary>What went over a network or a link of a lab so far.</summary>
/// <param name="Name">The network, or the link as <c>FIRST-SECOND</c>.</param>
/// <param name="Packets">Packets that were sent onto it.</param>
/// <param name="Lost">Those that were lost on the way, as the topology has it: by its loss, or for want of bandwidth.</param>
/// <param name="Overflows">Those that came, and for which a host or router had no room.</param>
public readonly record struct SegmentTraffic(string Name, long Packets, long Lost, long Overflows);
