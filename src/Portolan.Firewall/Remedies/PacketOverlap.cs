using Portolan.Firewall.Judging;

namespace Portolan.Firewall.Remedies;

/// <summary>The packets that two sets have in common.</summary>
internal static class PacketOverlap
{
    /// <summary>Their senders; empty where no packet is in both.</summary>
    public static IntervalSet Senders(PacketSet one, PacketSet other)
    {
        var senders = one.Sources.Intersect(other.Sources);
        return senders.IsEmpty || !one.Destinations.Overlaps(other.Destinations) || !one.SourcePorts.Overlaps(other.SourcePorts)
            || (one.Interfaces.Count > 0 && other.Interfaces.Count > 0 && !one.Interfaces.Intersect(other.Interfaces).Any())
            || one.Headers.Any(h => other.Headers.TryGetValue(h.Key, out var theirs) && !theirs.Overlaps(h.Value))
            ? IntervalSet.Empty
            : senders;
    }

    /// <summary>Both sets as one, as far as a third is to be compared with it.</summary>
    public static PacketSet Both(PacketSet one, PacketSet other, IntervalSet senders) => new(
        senders,
        one.Destinations.Intersect(other.Destinations),
        one.SourcePorts.Intersect(other.SourcePorts),
        one.Interfaces.Count == 0
            ? other.Interfaces
            : other.Interfaces.Count == 0 ? one.Interfaces : [.. one.Interfaces.Intersect(other.Interfaces)]);
}
