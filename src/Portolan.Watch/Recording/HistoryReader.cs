using Portolan.Store;
using Portolan.Store.Tables;
using Portolan.Watch.Changes;
using Portolan.Watch.Snapshots;

namespace Portolan.Watch.Recording;

/// <summary>A host or a network namespace that the store knows.</summary>
/// <param name="Id">Its number in the store.</param>
/// <param name="Key">The host.</param>
/// <param name="Machine">Of a chart the machine's name.</param>
/// <param name="Name">Its name; <c>null</c> without.</param>
/// <param name="FirstLook">When it was looked at first.</param>
/// <param name="LastLook">When it was looked at last.</param>
/// <param name="LastChange">When something of it changed last; <c>null</c> for never.</param>
public sealed record KnownHost(
    long Id, HostKey Key, string? Machine, string? Name, DateTimeOffset FirstLook, DateTimeOffset LastLook, DateTimeOffset? LastChange)
{
    /// <summary>How it was known to be at the last look.</summary>
    public required HostSnapshot Last { get; init; }

    /// <summary>What is known of it by all looks.</summary>
    public required HostSnapshot Known { get; init; }
}

/// <summary>A port that is or was open.</summary>
/// <param name="Host">The host.</param>
/// <param name="Endpoint">The protocol and the port.</param>
/// <param name="State">Its state at the last look at it.</param>
/// <param name="Facts">What was known of it when it was open last.</param>
/// <param name="FirstSeen">When it was seen open first.</param>
/// <param name="LastSeen">When it was seen open last.</param>
/// <param name="LastChange">When something of it changed last; <c>null</c> for never.</param>
public sealed record KnownPort(
    KnownHost Host, EndpointKey Endpoint, StateView State, Endpoint Facts, DateTimeOffset FirstSeen, DateTimeOffset LastSeen,
    DateTimeOffset? LastChange);

/// <summary>Asks the store in terms of the model of change.</summary>
/// <param name="store">The store.</param>
public sealed class HistoryReader(HistoryStore store)
{
    private readonly Dictionary<long, KnownHost?> _hosts = [];
    private readonly Dictionary<long, string?> _keys = [];

    /// <summary>Which changes a question is about.</summary>
    /// <param name="question">The question.</param>
    /// <param name="hosts">The hosts of the question; not used where it names none.</param>
    public ChangeFilter FilterOf(HistoryQuestion question, IReadOnlyList<KnownHost> hosts)
    {
        ArgumentNullException.ThrowIfNull(question);
        return new ChangeFilter
        {
            Since = question.Since,
            Until = question.Until,
            Hosts = question.Machine is { } machine ? [.. MachineSpaces.Of(store, machine).Select(static space => space.Host.Id)]
                : question.Host is null ? null
                : [.. hosts.Select(static host => host.Id)],
            Port = question.Port?.Port,
            Protocol = question.Port?.Protocol,
            Kinds = question.Kinds is { } kinds ? [.. kinds.Select(static kind => (byte)kind)] : null,
            Most = question.Most,
        };
    }

    /// <summary>The changes, the latest first.</summary>
    public List<StoredChange> Changes(ChangeFilter filter) => [.. Read(store.Changes.Find(filter))];

    /// <summary>The changes of some numbers, in their order.</summary>
    public List<StoredChange> Changes(IReadOnlyList<long> ids) => [.. Read(store.Changes.Get(ids))];

    /// <summary>The changes that a run found at a time, in their order.</summary>
    public List<StoredChange> ChangesOf(long run, DateTimeOffset at) => [.. Read(store.Changes.OfRun(run, at))];

    /// <summary>The changes after a number, in their order.</summary>
    /// <param name="id">The number.</param>
    /// <param name="last">The last that counts; <c>null</c> for all.</param>
    /// <param name="most">How many are read.</param>
    public List<StoredChange> ChangesAfter(long id, long? last, int most) => [.. Read(store.Changes.After(id, last, most))];

    /// <summary>How often the ports of a change opened and closed in a time before it, itself included.</summary>
    public long CountOpenings(long change, TimeSpan window) =>
        store.Changes.CountAlike(change, ((byte)ChangeKind.Opened, (byte)ChangeKind.Closed), window);

    /// <summary>A port of every host where it is or was open.</summary>
    public List<KnownPort> PortsAt(PortNumber port, TransportProtocol? protocol) => [.. Known(store.Endpoints.At(port, protocol))];

    /// <summary>The ports of a host that are or were open.</summary>
    public List<KnownPort> PortsOf(KnownHost host)
    {
        ArgumentNullException.ThrowIfNull(host);
        return [.. Known(store.Endpoints.Of(host.Id))];
    }

    /// <summary>The hosts of an address or a name; of a machine's name its chart's namespaces.</summary>
    public List<KnownHost> FindHosts(string word)
    {
        if (InternetAddress.TryParse(word, out var address))
        {
            return store.Hosts.Find(HostKeyText.TextOf(new HostKey(address, null), null)) is { } host ? [Make(host)] : [];
        }

        return [.. store.Hosts.Named(word).Select(Make)];
    }

    /// <summary>The hosts that scans saw, or those of charts.</summary>
    /// <param name="isChart">Network namespaces of machines, or scanned hosts.</param>
    public IEnumerable<KnownHost> Hosts(bool isChart) => store.Hosts.List(isChart).Select(Make);

    /// <summary>How a host looked at a look.</summary>
    public HostSnapshot Picture(KnownHost host, LookRecord look)
    {
        ArgumentNullException.ThrowIfNull(host);
        ArgumentNullException.ThrowIfNull(look);
        return PictureText.Read(store.Contents.TextOf(look.Picture), host.Key, store.Contents);
    }

    private IEnumerable<StoredChange> Read(List<ChangeRecord> rows)
    {
        foreach (var row in rows)
        {
            if (KeyOf(row.Host) is { } key)
            {
                yield return StoredChange.Read(row, key, store.Contents);
            }
        }
    }

    private string? KeyOf(long id)
    {
        if (!_keys.TryGetValue(id, out var key))
        {
            _keys.Add(id, key = store.Hosts.Find(id)?.Key);
        }

        return key;
    }

    private IEnumerable<KnownPort> Known(List<StoredEndpoint> rows)
    {
        foreach (var row in rows)
        {
            if (HostOf(row.Host) is not { } host)
            {
                continue;
            }

            var endpoint = new EndpointKey(row.Protocol, row.Port);
            var state = StateNumber.Read(row.State);
            var isOpen = state.States == PossibleStates.Open;
            yield return new KnownPort(
                host, endpoint, state, row.Facts is { } facts ? FactsText.Read(store.Contents.TextOf(facts)) : Endpoint.Bare, row.FirstSeen,
                isOpen && host.Last.StateOf(endpoint)?.States == PossibleStates.Open ? host.LastLook : row.LastSeen, row.LastChange);
        }
    }

    private KnownHost? HostOf(long id)
    {
        if (!_hosts.TryGetValue(id, out var host))
        {
            _hosts.Add(id, host = store.Hosts.Find(id) is { } row ? Make(row) : null);
        }

        return host;
    }

    private KnownHost Make(HostRecord row)
    {
        var key = HostKeyText.Read(row.Key, out var machine);
        return new KnownHost(row.Id, key, machine, row.Name ?? machine, row.FirstLook, row.LastLook, row.LastChange)
        {
            Last = PictureText.Read(store.Contents.TextOf(row.LastPicture), key, store.Contents),
            Known = PictureText.Read(store.Contents.TextOf(row.KnownPicture), key, store.Contents),
        };
    }
}
