using Portolan.Store.Files;

namespace Portolan.Store.Tables;

/// <summary>What looked.</summary>
public enum RunKind : byte
{
    /// <summary>A port scan, also an imported one.</summary>
    Scan,

    /// <summary>A chart of a machine.</summary>
    Chart,

    /// <summary>A run of <c>portolan check</c>.</summary>
    Check,
}

/// <summary>A scan, a chart, a check, or a file that was imported.</summary>
/// <param name="Kind">Which.</param>
/// <param name="StartedAt">When it began.</param>
/// <param name="Source">The command line, or the file's name.</param>
/// <param name="Format">Whose format it was, such as <c>nmap XML</c>.</param>
public sealed record RunRecord(RunKind Kind, DateTimeOffset StartedAt, string Source, string Format)
{
    /// <summary>Its number in the store.</summary>
    public long Id { get; init; }

    /// <summary>When it ended; <c>null</c> for one that was cut off.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Everything that was to be looked at was.</summary>
    public bool IsComplete { get; init; }

    /// <summary>At most this share of the ports that would answer was missed; <c>null</c> when unknown.</summary>
    public double? MissRateBound { get; init; }

    /// <summary>Of an imported file, what it is known by when it comes again; <c>null</c> for others.</summary>
    public byte[]? Digest { get; init; }
}

/// <summary>The table of runs: what was recorded, when and by which command.</summary>
public sealed class RunTable
{
    private readonly StoreConnection _store;

    internal RunTable(StoreConnection store) => _store = store;

    /// <summary>Adds a run that begins.</summary>
    /// <returns>Its number.</returns>
    public long Begin(RunRecord run)
    {
        ArgumentNullException.ThrowIfNull(run);
        return _store.Insert(
            "INSERT INTO run(kind, started, source, format, digest) VALUES ($1, $2, $3, $4, $5)",
            (long)run.Kind, run.StartedAt.ToUnixTimeMilliseconds(), run.Source, run.Format, run.Digest);
    }

    /// <summary>Notes that a run ended.</summary>
    public void End(long id, DateTimeOffset at, bool isComplete, double? missRateBound) => _store.Run(
        "UPDATE run SET ended = $2, complete = $3, miss = $4 WHERE id = $1",
        id, at.ToUnixTimeMilliseconds(), isComplete ? 1L : 0L, missRateBound);

    /// <summary>Notes the content with the addresses that a run found down and that the store knows nothing else of.</summary>
    public void SetDown(long id, long content) => _store.Run("UPDATE run SET down = $2 WHERE id = $1", id, content);

    /// <summary>The contents of the last runs with such addresses, the latest first, and when each run began.</summary>
    public List<(DateTimeOffset StartedAt, long Down)> LastDown(int most) => _store.Read(
        "SELECT started, down FROM run WHERE down IS NOT NULL ORDER BY id DESC LIMIT $1", [(long)most],
        static row => (row.Time(0), row.Number(1)));

    /// <summary>A run; <c>null</c> where there is none of that number.</summary>
    public RunRecord? Find(long id) => _store.Read(
        "SELECT id, kind, started, source, format, ended, complete, miss, digest FROM run WHERE id = $1", [id], Read) is [var run]
        ? run
        : null;

    /// <summary>The import of a file; <c>null</c> where it was not imported, or not to its end.</summary>
    public RunRecord? FindImport(byte[] digest) => _store.Read(
        """
        SELECT id, kind, started, source, format, ended, complete, miss, digest FROM run
        WHERE digest = $1 AND ended IS NOT NULL ORDER BY id LIMIT 1
        """, [digest], Read) is [var run] ? run : null;

    private static RunRecord Read(StoreRow row) => new(
        (RunKind)row.Number(1), row.Time(2), row.Text(3), row.Text(4))
    {
        Id = row.Number(0),
        EndedAt = row.TimeOrNull(5),
        IsComplete = row.Number(6) != 0,
        MissRateBound = row.RealOrNull(7),
        Digest = row.IsNull(8) ? null : row.Bytes(8),
    };
}
