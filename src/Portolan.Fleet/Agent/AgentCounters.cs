namespace Portolan.Fleet.Agent;

/// <summary>What an agent counts.</summary>
public enum AgentCount
{
    /// <summary>Probes that left, retries included.</summary>
    ProbesSent,

    /// <summary>Repeated probes.</summary>
    Retries,

    /// <summary>Valid replies.</summary>
    Replies,

    /// <summary>Pieces that were scanned.</summary>
    Pieces,

    /// <summary>Chunks that were scanned to their end.</summary>
    ChunksDone,

    /// <summary>Chunks whose lease ended before.</summary>
    ChunksLost,
}

/// <summary>What an agent has done since it started, and does. Any thread.</summary>
public sealed class AgentCounters
{
    private readonly long[] _counts = new long[Enum.GetValues<AgentCount>().Length];
    private long _chunk;
    private long _contact;
    private double _rate;

    /// <summary>A count. Those of probes advance when a piece is done.</summary>
    public long this[AgentCount count] => Volatile.Read(ref _counts[(int)count]);

    /// <summary>The chunk that it holds a lease of; <c>null</c> for none.</summary>
    public long? Chunk => Volatile.Read(ref _chunk) is > 0 and var chunk ? chunk : null;

    /// <summary>The most probes per second that it may send at the moment; <c>null</c> for no ceiling.</summary>
    public double? Rate => Volatile.Read(ref _rate) is > 0 and var rate ? rate : null;

    /// <summary>When the broker was last heard; <c>null</c> for never.</summary>
    public DateTimeOffset? BrokerHeard =>
        Volatile.Read(ref _contact) is > 0 and var ticks ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;

    internal void Add(AgentCount count, long by = 1) => Interlocked.Add(ref _counts[(int)count], by);

    internal void NoteBroker(DateTimeOffset now) => Volatile.Write(ref _contact, now.UtcTicks);

    internal void NoteChunk(long? chunk, double? rate)
    {
        Volatile.Write(ref _chunk, chunk ?? 0);
        Volatile.Write(ref _rate, rate ?? 0);
    }
}
