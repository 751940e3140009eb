using Portolan.Cli.Hosting;
using Portolan.Cli.Storing;
using Portolan.Model;
using Portolan.Store.Tables;
using Portolan.Watch.Recording;

namespace Portolan.Cli.History;

/// <summary>What the store answers.</summary>
/// <param name="Hosts">The hosts that were asked for.</param>
/// <param name="Ports">The ports that were asked for, that are or were open.</param>
/// <param name="Changes">The changes, the latest first.</param>
/// <param name="HasMore">There are older changes that were asked for and left out.</param>
/// <param name="Missing">What the store has beside and could not be read.</param>
internal sealed record HistoryAnswer(
    IReadOnlyList<KnownHost> Hosts, IReadOnlyList<KnownPort> Ports, IReadOnlyList<StoredChange> Changes, bool HasMore,
    IReadOnlyList<MissingFact> Missing)
{
    /// <summary>Asks.</summary>
    /// <exception cref="PortolanException">There is no store, or it knows no such host. Exit code 1.</exception>
    public static HistoryAnswer Ask(HistoryRequest request, CommandContext context)
    {
        using var store = StoreOption.OpenForReading(request.Store, context);
        var reader = new HistoryReader(store);
        var hosts = request.Host is { } word ? FindHosts(word, reader, request.Store, context) : [];
        var ports = request.Port is { } port ? reader.PortsAt(port.Port, port.Protocol) : [.. hosts.SelectMany(reader.PortsOf)];
        if (request is { Port: not null, Host: not null })
        {
            ports = [.. ports.Where(known => hosts.Any(host => host.Id == known.Host.Id))];
        }

        var changes = reader.Changes(new ChangeFilter
        {
            Since = request.Since,
            Until = request.Until,
            Hosts = request.Host is null ? null : [.. hosts.Select(static host => host.Id)],
            Port = request.Port?.Port,
            Protocol = request.Port?.Protocol,
            Kinds = request.Kinds is { } kinds ? [.. kinds.Select(static kind => (byte)kind)] : null,
            Most = request.Most + 1,
        });
        var hasMore = request.Most is { } most && changes.Count > most;
        return new HistoryAnswer(
            hosts, ports, hasMore ? changes[..request.Most!.Value] : changes, hasMore, StoreGaps.Of(store));
    }

    /// <summary>The hosts of a word.</summary>
    /// <exception cref="PortolanException">The store knows none. Exit code 1.</exception>
    public static List<KnownHost> FindHosts(string word, HistoryReader reader, string store, CommandContext context) =>
        reader.FindHosts(word) is { Count: > 0 } found
            ? found
            : throw new PortolanException(
                $"the store {store} knows no host '{word}': it was not looked at, or was never up",
                $"look at it with portolan scan {StoreOption.InHint(store, context)} {word}; "
                + $"portolan history{StoreOption.OfQuestion(store, context)} shows what is stored",
                ExitCode.NothingFound);
}
