using Portolan.Store.Files;

namespace Portolan.Store.Tables;

/// <summary>An observation: at that time a host looked like that.</summary>
/// <param name="Host">The host's number.</param>
/// <param name="At">When.</param>
/// <param name="Run">The run it is of.</param>
/// <param name="Picture">The content that says how the host looked.</param>
public sealed record LookRecord(long Host, DateTimeOffset At, long Run, long Picture);

/// <summary>The observations. They are only added; retention alone takes old ones away.</summary>
public sealed class LookTable
{
    private readonly StoreConnection _store;

    internal LookTable(StoreConnection store) => _store = store;

    /// <summary>Inserts one observation of a host.</summary>
    public void Add(long host, DateTimeOffset at, long run, long picture) => _store.Run(
        "INSERT INTO look(host, at, run, picture) VALUES ($1, $2, $3, $4)", host, at.ToUnixTimeMilliseconds(), run, picture);

    /// <summary>The last looks at a host up to a time, the latest first.</summary>
    public List<LookRecord> Before(long host, DateTimeOffset until, int most) => _store.Read(
        "SELECT host, at, run, picture FROM look WHERE host = $1 AND at <= $2 ORDER BY at DESC, id DESC LIMIT $3",
        [host, until.ToUnixTimeMilliseconds(), (long)most], Read);

    /// <summary>The first looks at a host after a time.</summary>
    public List<LookRecord> After(long host, DateTimeOffset since, int most) => _store.Read(
        "SELECT host, at, run, picture FROM look WHERE host = $1 AND at > $2 ORDER BY at, id LIMIT $3",
        [host, since.ToUnixTimeMilliseconds(), (long)most], Read);

    /// <summary>The looks of a span at all hosts, the earliest first.</summary>
    public List<LookRecord> Between(DateTimeOffset since, DateTimeOffset until) => _store.Read(
        "SELECT host, at, run, picture FROM look WHERE at >= $1 AND at < $2 ORDER BY at, id",
        [since.ToUnixTimeMilliseconds(), until.ToUnixTimeMilliseconds()], Read);

    /// <summary>Whether the table has a row.</summary>
    public bool HasAny() => _store.Number("SELECT EXISTS(SELECT 1 FROM look)") != 0;

    /// <summary>How many there are.</summary>
    public long Count() => _store.Number("SELECT count(*) FROM look");

    private static LookRecord Read(StoreRow row) => new(row.Number(0), row.Time(1), row.Number(2), row.Number(3));
}
