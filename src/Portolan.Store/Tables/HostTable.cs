using Portolan.Store.Files;

namespace Portolan.Store.Tables;

/// <summary>A host as the store knows it.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Key">Its address; for a chart <c>@</c>, the machine's name, <c>/</c> and the namespace.</param>
public sealed record HostRecord(long Id, string Key)
{
    /// <summary>Its name; <c>null</c> without.</summary>
    public string? Name { get; set; }

    /// <summary>When it was looked at first.</summary>
    public required DateTimeOffset FirstLook { get; init; }

    /// <summary>When it was looked at last.</summary>
    public required DateTimeOffset LastLook { get; set; }

    /// <summary>When something of it changed last; <c>null</c> for never.</summary>
    public DateTimeOffset? LastChange { get; set; }

    /// <summary>The content that says how it looked at the last look.</summary>
    public required long LastPicture { get; set; }

    /// <summary>The content that says how it is known to look by all looks.</summary>
    public required long KnownPicture { get; set; }
}

/// <summary>The hosts. Those that were found are remembered; what changes of them is written before a transaction is committed.</summary>
public sealed class HostTable
{
    private const string Columns = "id, key, name, first_look, last_look, last_change, last, known";
    private const int MostRemembered = 100_000;
    private readonly StoreConnection _store;
    private readonly Dictionary<string, HostRecord> _hosts = new(StringComparer.Ordinal);
    private readonly HashSet<HostRecord> _changed = [];

    internal HostTable(StoreConnection store) => _store = store;

    /// <summary>A host; <c>null</c> where it was never looked at.</summary>
    public HostRecord? Find(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (!_hosts.TryGetValue(key, out var host)
            && _store.Read($"SELECT {Columns} FROM host WHERE key = $1", [key], Read) is [var found])
        {
            _hosts.Add(key, host = found);
        }

        return host;
    }

    /// <summary>A host by its number.</summary>
    public HostRecord? Find(long id) => _store.Read($"SELECT {Columns} FROM host WHERE id = $1", [id], Read) is [var host] ? host : null;

    /// <summary>Adds a host with its first look.</summary>
    public HostRecord Add(string key, string? name, DateTimeOffset at, long picture)
    {
        var milliseconds = at.ToUnixTimeMilliseconds();
        var id = _store.Insert(
            "INSERT INTO host(key, name, first_look, last_look, last, known) VALUES ($1, $2, $3, $3, $4, $4)",
            key, name, milliseconds, picture);
        var host = new HostRecord(id, key)
        {
            Name = name,
            FirstLook = at,
            LastLook = at,
            LastPicture = picture,
            KnownPicture = picture,
        };
        _hosts.Add(key, host);
        return host;
    }

    /// <summary>Notes that a host has changed; it is written with the transaction.</summary>
    public void Change(HostRecord host) => _changed.Add(host);

    /// <summary>Hosts in the order of their keys.</summary>
    /// <param name="isChart">Network namespaces of machines, or scanned hosts.</param>
    public List<HostRecord> List(bool isChart) => _store.Read(
        $"SELECT {Columns} FROM host WHERE (substr(key, 1, 1) = '@') = $1 ORDER BY key", [isChart ? 1L : 0L], Read);

    /// <summary>Hosts of a name, in any case of its letters.</summary>
    public List<HostRecord> Named(string name) =>
        _store.Read($"SELECT {Columns} FROM host WHERE name = $1 COLLATE NOCASE ORDER BY key", [name], Read);

    /// <summary>Writes what has changed.</summary>
    internal void Flush()
    {
        foreach (var host in _changed)
        {
            _store.Run(
                "UPDATE host SET name = $2, last_look = $3, last_change = $4, last = $5, known = $6 WHERE id = $1",
                host.Id, host.Name, host.LastLook.ToUnixTimeMilliseconds(), host.LastChange?.ToUnixTimeMilliseconds(), host.LastPicture,
                host.KnownPicture);
        }

        _changed.Clear();
        if (_hosts.Count > MostRemembered)
        {
            _hosts.Clear();
        }
    }

    /// <summary>Forgets what is remembered.</summary>
    internal void Forget()
    {
        _hosts.Clear();
        _changed.Clear();
    }

    private static HostRecord Read(StoreRow row) => new(row.Number(0), row.Text(1))
    {
        Name = row.TextOrNull(2),
        FirstLook = row.Time(3),
        LastLook = row.Time(4),
        LastChange = row.TimeOrNull(5),
        LastPicture = row.Number(6),
        KnownPicture = row.Number(7),
    };
}
