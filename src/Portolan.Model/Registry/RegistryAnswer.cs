namespace Portolan.Model.Registry;

/// <summary>What the registry answers to some words.</summary>
/// <param name="Entries">The entries, each once, in the order of the words. A port that was asked for by number has an entry even when
/// nobody is assigned it.</param>
/// <param name="Misses">The questions that no assigned or reserved entry answers.</param>
/// <param name="Subject">The one port or range that everything is about; <c>null</c> when it is about several, or nothing.</param>
public sealed record RegistryAnswer(IReadOnlyList<ServiceEntry> Entries, IReadOnlyList<PortQuery> Misses, PortRange? Subject)
{
    /// <summary>Asks the registry.</summary>
    public static RegistryAnswer To(IReadOnlyList<PortQuery> queries, ServiceRegistry services)
    {
        ArgumentNullException.ThrowIfNull(queries);
        ArgumentNullException.ThrowIfNull(services);
        var entries = new List<ServiceEntry>();
        var seen = new HashSet<(PortRange, TransportProtocol)>();
        var misses = new List<PortQuery>();
        foreach (var query in queries)
        {
            var found = Ask(query, services);
            entries.AddRange(found.Where(e => seen.Add((e.Ports, e.Protocol))));
            if (found.All(e => e.Status == ServiceStatus.Unassigned))
            {
                misses.Add(query);
            }
        }

        return new RegistryAnswer(entries, misses, queries is [{ Kind: PortQueryKind.Port, Ports: var port }] ? port : OneSubject(entries));
    }

    /// <summary>The answer to a search.</summary>
    public static RegistryAnswer OfSearch(IReadOnlyList<ServiceEntry> entries)
    {
        ArgumentNullException.ThrowIfNull(entries);
        return new RegistryAnswer(entries, [], OneSubject(entries));
    }

    private static PortRange? OneSubject(IReadOnlyList<ServiceEntry> entries) =>
        entries.Count > 0 && entries.All(e => e.Ports == entries[0].Ports) ? entries[0].Ports : null;

    private static IReadOnlyList<ServiceEntry> Ask(PortQuery query, ServiceRegistry services) => query.Kind switch
    {
        PortQueryKind.Port => Describe(query.Ports.First, query.Protocol, services),
        PortQueryKind.Range => services.Find(query.Ports, query.Protocol),
        PortQueryKind.Name => services.FindByName(query.Text, query.Protocol),
        _ => services.FindByPrefix(query.Text, query.Protocol),
    };

    // TCP and UDP are worth a line even when nobody is assigned the port; SCTP and DCCP when somebody is, or when asked for.
    private static List<ServiceEntry> Describe(PortNumber port, TransportProtocol? only, ServiceRegistry services)
    {
        var entries = new List<ServiceEntry>();
        foreach (var protocol in only is { } one ? [one] : ServiceRegistry.Protocols)
        {
            var found = services.Find(port, protocol);
            entries.AddRange(found);
            if (found.Count == 0 && (only is not null || protocol is TransportProtocol.Tcp or TransportProtocol.Udp))
            {
                entries.Add(services.Describe(port, protocol));
            }
        }

        return entries;
    }
}
