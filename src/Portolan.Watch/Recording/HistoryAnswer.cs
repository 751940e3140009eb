using Portolan.Store;

namespace Portolan.Watch.Recording;

/// <summary>What the store answers.</summary>
/// <param name="Hosts">The hosts that were asked for.</param>
/// <param name="Ports">The ports that were asked for, that are or were open.</param>
/// <param name="Changes">The changes, the latest first.</param>
/// <param name="HasMore">There are older changes that were asked for and left out.</param>
/// <param name="Missing">What the store has beside and could not be read.</param>
public sealed record HistoryAnswer(
    IReadOnlyList<KnownHost> Hosts, IReadOnlyList<KnownPort> Ports, IReadOnlyList<StoredChange> Changes, bool HasMore,
    IReadOnlyList<MissingFact> Missing)
{
    /// <summary>Asks.</summary>
    /// <param name="store">The store.</param>
    /// <param name="reader">What reads it.</param>
    /// <param name="question">What is asked.</param>
    /// <param name="hosts">The hosts of the question; not used where it names none.</param>
    public static HistoryAnswer Of(HistoryStore store, HistoryReader reader, HistoryQuestion question, IReadOnlyList<KnownHost> hosts)
    {
        ArgumentNullException.ThrowIfNull(reader);
        ArgumentNullException.ThrowIfNull(question);
        var filter = reader.FilterOf(question, hosts);
        var ports = question.Port is { } port ? reader.PortsAt(port.Port, port.Protocol) : [.. hosts.SelectMany(reader.PortsOf)];
        if (question.Port is not null && filter.Hosts is { } chosen)
        {
            ports = [.. ports.Where(known => chosen.Contains(known.Host.Id))];
        }

        var changes = reader.Changes(filter with { Most = question.Most + 1 });
        var hasMore = question.Most is { } most && changes.Count > most;
        return new HistoryAnswer(
            hosts, ports, hasMore ? changes[..question.Most!.Value] : changes, hasMore, StoreGaps.Of(store));
    }
}
