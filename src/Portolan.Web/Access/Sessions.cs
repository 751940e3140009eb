namespace Portolan.Web.Access;

/// <summary>
/// The sessions of browsers. They survive a restart, as hashes in a file. A session is a cookie and a key: a cookie is sent to every port
/// of this host, so another program on it can learn it; the key is kept by the page's origin, port included, and only the page sends it.
/// </summary>
internal sealed class Sessions
{
    /// <summary>How long a session lives that changes nothing.</summary>
    internal static readonly TimeSpan Life = TimeSpan.FromDays(7);

    /// <summary>How long one lives that may change this machine.</summary>
    internal static readonly TimeSpan ChangeLife = TimeSpan.FromHours(12);

    /// <summary>How many there may be; a new one ends the one that would expire first.</summary>
    private const int Most = 200;

    private readonly Lock _lock = new();
    private readonly RecordFile<List<SessionRecord>> _file;
    private readonly TimeProvider _clock;
    private readonly Dictionary<string, Session> _sessions = new(StringComparer.Ordinal);
    private (DateTime, long) _stamp;

    /// <summary>Reads those that there are.</summary>
    /// <param name="folder">Where they are kept.</param>
    /// <param name="clock">The clock.</param>
    internal Sessions(StateFolder folder, TimeProvider clock)
    {
        _file = FileIn(folder);
        _clock = clock;
        Refresh();
    }

    /// <summary>How many there are.</summary>
    internal int Count
    {
        get
        {
            lock (_lock)
            {
                return _sessions.Count;
            }
        }
    }

    /// <summary>Ends all sessions of a server, whether it runs or not.</summary>
    /// <returns>How many there were.</returns>
    internal static int Reset(StateFolder folder)
    {
        var file = FileIn(folder);
        var count = file.Read()?.Count ?? 0;
        file.Remove();
        return count;
    }

    /// <param name="scopes">What it may do.</param>
    /// <returns>The value of its cookie, its key and when it ends.</returns>
    internal (string Id, string Key, DateTimeOffset ExpiresAt) Begin(Scope scopes)
    {
        var (id, key) = (Secret.New(), Secret.New());
        var life = (scopes & (Scope.Change | Scope.Admin)) == Scope.None ? Life : ChangeLife;
        var record = new SessionRecord(Secret.Hash(id), Secret.Hash(key), scopes, _clock.GetUtcNow() + life);
        lock (_lock)
        {
            Reread();
            while (_sessions.Count >= Most)
            {
                End(_sessions.Values.MinBy(static s => s.Record.ExpiresAt)!);
            }

            _sessions[record.Id] = new Session(record);
            Save();
        }

        return (id, key, record.ExpiresAt);
    }

    /// <summary>Finds the session of a cookie and a key; <c>null</c> where there is none.</summary>
    internal Session? Find(string id, string key)
    {
        lock (_lock)
        {
            Reread();
            return _sessions.TryGetValue(Secret.Hash(id), out var session) && Secret.AreEqual(session.Record.Key, Secret.Hash(key))
                ? session
                : null;
        }
    }

    internal void End(string hash)
    {
        lock (_lock)
        {
            if (_sessions.TryGetValue(hash, out var session))
            {
                End(session);
                Save();
            }
        }
    }

    /// <summary>Ends those that have expired, or that another process has removed.</summary>
    internal void Refresh()
    {
        lock (_lock)
        {
            Reread();
        }
    }

    private static RecordFile<List<SessionRecord>> FileIn(StateFolder folder) =>
        new(folder, "sessions.json", AccessRecords.Default.ListSessionRecord);

    private void Reread()
    {
        if (_file.Stamp is var stamp && stamp != _stamp)
        {
            _stamp = stamp;
            var kept = _file.Read() ?? [];
            foreach (var gone in _sessions.Values.Where(s => !kept.Exists(r => r.Id == s.Record.Id)).ToList())
            {
                End(gone);
            }

            foreach (var record in kept)
            {
                _sessions.TryAdd(record.Id, new Session(record));
            }
        }

        var now = _clock.GetUtcNow();
        foreach (var old in _sessions.Values.Where(s => s.Record.ExpiresAt <= now).ToList())
        {
            End(old);
        }
    }

    private void End(Session session)
    {
        _sessions.Remove(session.Record.Id);
        session.Dispose();
    }

    private void Save()
    {
        _file.Write([.. _sessions.Values.Select(static s => s.Record)]);
        _stamp = _file.Stamp;
    }
}
