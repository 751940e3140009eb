namespace Portolan.Forwarding.Statistics;

/// <summary>What one worker counts of one forward: written by that worker alone, read by anyone.</summary>
internal sealed class ForwardCounters
{
    private readonly long[] _ends = new long[EndCauses.Count];
    private readonly long[] _lost = new long[EndCauses.Count];

    // Apart from what other workers write, each in its own lines of the cache.
    private long _connections;
    private long _bytesUp;
    private long _bytesDown;
    private long _packetsUp;
    private long _packetsDown;

    /// <summary>A connection or flow began.</summary>
    public void Began() => Volatile.Write(ref _connections, _connections + 1);

    /// <summary>One ended, or was refused.</summary>
    public void Ended(EndCause cause) => Volatile.Write(ref _ends[(int)cause], _ends[(int)cause] + 1);

    /// <summary>Datagrams were lost.</summary>
    public void Lost(EndCause cause, long count) => Volatile.Write(ref _lost[(int)cause], _lost[(int)cause] + count);

    /// <summary>Bytes from the client.</summary>
    public void Up(long bytes) => Volatile.Write(ref _bytesUp, _bytesUp + bytes);

    /// <summary>Bytes from the target.</summary>
    public void Down(long bytes) => Volatile.Write(ref _bytesDown, _bytesDown + bytes);

    /// <summary>Datagrams from the client.</summary>
    public void PacketsUp(long count) => Volatile.Write(ref _packetsUp, _packetsUp + count);

    /// <summary>Datagrams from the target.</summary>
    public void PacketsDown(long count) => Volatile.Write(ref _packetsDown, _packetsDown + count);

    /// <summary>Adds what was counted.</summary>
    public void AddTo(ForwardTotals totals)
    {
        totals.Connections += Volatile.Read(ref _connections);
        totals.BytesUp += Volatile.Read(ref _bytesUp);
        totals.BytesDown += Volatile.Read(ref _bytesDown);
        totals.PacketsUp += Volatile.Read(ref _packetsUp);
        totals.PacketsDown += Volatile.Read(ref _packetsDown);
        for (var i = 0; i < _ends.Length; i++)
        {
            totals.Add((EndCause)i, Volatile.Read(ref _ends[i]), Volatile.Read(ref _lost[i]));
        }
    }
}
