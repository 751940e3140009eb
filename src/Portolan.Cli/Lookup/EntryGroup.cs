using Portolan.Model;
using Portolan.Model.Registry;

namespace Portolan.Cli.Lookup;

/// <summary>Neighbouring entries of one port that say the same of several protocols: people read them once.</summary>
/// <param name="Entry">The first of them.</param>
/// <param name="Protocols">The protocols it holds for.</param>
internal sealed record EntryGroup(ServiceEntry Entry, IReadOnlyList<TransportProtocol> Protocols)
{
    /// <summary>Groups entries and keeps their order.</summary>
    public static IReadOnlyList<EntryGroup> Of(IReadOnlyList<ServiceEntry> entries)
    {
        var groups = new List<EntryGroup>();
        for (var i = 0; i < entries.Count;)
        {
            var first = entries[i];
            var protocols = new List<TransportProtocol>();
            for (; i < entries.Count && IsSame(first, entries[i]); i++)
            {
                protocols.Add(entries[i].Protocol);
            }

            groups.Add(new EntryGroup(first, protocols));
        }

        return groups;
    }

    private static bool IsSame(ServiceEntry left, ServiceEntry right) =>
        left.Ports == right.Ports
        && left.Status == right.Status
        && left.Description == right.Description
        && left.Reference == right.Reference
        && left.Names.Select(n => n.Name).SequenceEqual(right.Names.Select(n => n.Name), StringComparer.Ordinal);
}
