using Portolan.Firewall.Host;
using Portolan.Firewall.Host.Routing;
using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Judging.Compiling;

/// <summary>What is fixed while rules are compiled: the family and protocol of the packets, and the machine.</summary>
/// <param name="IsIPv4">The family of the packets.</param>
/// <param name="Protocol">IP protocol number.</param>
/// <param name="Host">The machine.</param>
/// <param name="Interfaces">Its interfaces.</param>
/// <param name="Routes">Its routes.</param>
/// <param name="IpSets">The sets of ipset.</param>
internal sealed record JudgeContext(
    bool IsIPv4,
    byte Protocol,
    HostFacts Host,
    InterfaceCatalog Interfaces,
    RouteMap Routes,
    IReadOnlyList<IpSet> IpSets)
{
    /// <summary>The indexes of those sets of ipset that rules add to or delete from (target SET).</summary>
    public required IReadOnlySet<ushort> ChangedIpSets { get; init; }

    /// <summary>The lists of match <c>recent</c>; <c>null</c> where they were not read.</summary>
    public IReadOnlyList<RecentList>? RecentLists { get; init; }

    /// <summary>The masks of rules with match <c>recent</c>, by the name of the list.</summary>
    public required IReadOnlyDictionary<string, HashSet<UInt128>> RecentMasks { get; init; }

    /// <summary>The connections that are open; <c>null</c> where they were not read.</summary>
    public ConnectionCounts? Connections { get; init; }

    /// <summary>The sockets that rules may find; <c>null</c> where they were not read.</summary>
    public IReadOnlyList<LocalSocket>? LocalSockets { get; init; }

    /// <summary>
    /// Asked of connections older than the query where rules choose zones of connection tracking; <c>null</c> where none does.
    /// </summary>
    public OpenQuestion? Zones { get; init; }

    /// <summary>A test or map that splits packets into more parts than that is not followed.</summary>
    public const int MaximumParts = 512;

    /// <summary>Where the fields of the packets' headers are.</summary>
    public HeaderLayout Headers { get; } = new(IsIPv4, Protocol);

    /// <summary>How many bits a field has.</summary>
    public int Width(PacketField field) => PacketFields.Width(field, IsIPv4);
}
