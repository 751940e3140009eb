using Portolan.Linux.Proc;

namespace Portolan.Sockets.Owners;

/// <summary>Finds owners on this machine, by the way that is fastest and allowed here.</summary>
public sealed class OwnerFinder : IOwnerFinder
{
    private const int MostThreads = 8;

    private readonly ProcessReader _processes;

    /// <summary>Reads through <paramref name="processes"/>, which stays the caller's.</summary>
    public OwnerFinder(ProcessReader processes) => _processes = processes;

    /// <inheritdoc/>
    public OwnerMap Find(ReadOnlyMemory<uint> inodes, CancellationToken cancellationToken)
    {
        if (inodes.IsEmpty)
        {
            return OwnerMap.Empty;
        }

        var started = BootClock.Ticks;
        var wanted = new InodeSet(inodes.Span);
        var threads = Math.Min(Environment.ProcessorCount, MostThreads);
        var holders = ProcSocketScanner.Scan(_processes.Root, wanted, threads, cancellationToken);
        var (sorted, pids) = holders.ToSorted();
        return new OwnerMap(sorted, pids, "/proc", holders.HiddenProcesses) { StartTicks = started };
    }
}
