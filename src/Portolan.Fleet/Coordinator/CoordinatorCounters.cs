namespace Portolan.Fleet.Coordinator;

/// <summary>What a coordinator counts.</summary>
public enum CoordinatorCount
{
    /// <summary>Leases that were granted.</summary>
    LeasesGranted,

    /// <summary>Leases that were renewed.</summary>
    LeasesRenewed,

    /// <summary>Chunks that needed no agent any more.</summary>
    LeasesSettled,

    /// <summary>Requests of agents that are to ask again later.</summary>
    LeasesPostponed,

    /// <summary>Requests that were refused, for good or because the lease was lost.</summary>
    LeasesRefused,

    /// <summary>Leases whose time was over.</summary>
    LeasesExpired,

    /// <summary>Batches that were stored.</summary>
    BatchesStored,

    /// <summary>Batches that came twice.</summary>
    BatchesRepeated,

    /// <summary>Batches that were refused.</summary>
    BatchesRefused,

    /// <summary>Hosts and ports whose state was stored.</summary>
    Positions,

    /// <summary>Open ports that were stored, each a row.</summary>
    Observations,
}

/// <summary>What a coordinator has done since it started. Any thread.</summary>
public sealed class CoordinatorCounters
{
    private readonly long[] _counts = new long[Enum.GetValues<CoordinatorCount>().Length];
    private long _broker;
    private long _database;
    private long _ingest;

    /// <summary>A count.</summary>
    public long this[CoordinatorCount count] => Volatile.Read(ref _counts[(int)count]);

    /// <summary>When the connection to the broker last worked; <c>null</c> for never.</summary>
    public DateTimeOffset? BrokerWorked => At(ref _broker);

    /// <summary>When the database last did what it was asked; <c>null</c> for never.</summary>
    public DateTimeOffset? DatabaseWorked => At(ref _database);

    /// <summary>How long the last batch took to store; <c>null</c> before the first.</summary>
    public TimeSpan? LastIngest => Volatile.Read(ref _ingest) is > 0 and var ticks ? TimeSpan.FromTicks(ticks) : null;

    internal void Add(CoordinatorCount count, long by = 1) => Interlocked.Add(ref _counts[(int)count], by);

    internal void NoteBroker(DateTimeOffset now) => Volatile.Write(ref _broker, now.UtcTicks);

    internal void NoteDatabase(DateTimeOffset now) => Volatile.Write(ref _database, now.UtcTicks);

    internal void NoteIngest(TimeSpan time) => Volatile.Write(ref _ingest, Math.Max(1, time.Ticks));

    private static DateTimeOffset? At(ref long ticks) =>
        Volatile.Read(ref ticks) is > 0 and var some ? new DateTimeOffset(some, TimeSpan.Zero) : null;
}
