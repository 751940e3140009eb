namespace Portolan.Forwarding.Udp;

/// <summary>How many flows of datagrams this process has room for: a share of the memory that it may use. For all threads.</summary>
/// <param name="limit">How many.</param>
internal sealed class FlowRoom(int limit)
{
    /// <summary>
    /// Bytes of a flow: 3.8 KB for the socket, its file and its place in the set of descriptors in the kernel, 0.6 KB here (measured with
    /// 15,000).
    /// </summary>
    private const long BytesOfFlow = 4608;

    /// <summary>Flows take so much of the memory: an eighth.</summary>
    private const int Share = 8;

    private const int Least = 4096;
    private const int Most = 1 << 20;

    private int _used;

    /// <summary>How many there may be.</summary>
    public int Limit => limit;

    /// <summary>Room by the memory that this process may use, that of its control group included.</summary>
    public static FlowRoom OfMemory() =>
        new((int)Math.Clamp(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / Share / BytesOfFlow, Least, Most));

    /// <summary>Takes a place.</summary>
    public bool TryTake()
    {
        if (Interlocked.Increment(ref _used) <= limit)
        {
            return true;
        }

        Interlocked.Decrement(ref _used);
        return false;
    }

    /// <summary>Gives a place back.</summary>
    public void GiveBack() => Interlocked.Decrement(ref _used);
}
