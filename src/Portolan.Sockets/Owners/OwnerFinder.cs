using Portolan.Linux;
using Portolan.Linux.Bpf;
using Portolan.Linux.Privilege;
using Portolan.Linux.Proc;

namespace Portolan.Sockets.Owners;

/// <summary>Finds owners on this machine, by the way that is fastest and allowed here.</summary>
/// <remarks>
/// The BPF iterator is used by a caller with CAP_BPF and CAP_PERFMON in the machine's first pid namespace; whatever else it needs
/// (the kernel's BTF, no lockdown) shows when it is tried, and any refusal falls back to /proc. On a machine with few open files /proc is
/// the faster of the two: finding the kernel's offsets and loading the program takes 1.1 ms. Each further file then costs 0.3 µs,
/// against 3.5 µs through /proc, where each process costs 12 µs too (two cores, Linux 6.18; 110,000 descriptors in 10 processes:
/// 39 ms against 205 ms with two threads). Where /proc hides a process that may be a missing owner, BPF is asked after it.
/// </remarks>
public sealed class OwnerFinder : IOwnerFinder
{
    /// <summary>Fewer open files than this on the whole machine are read faster through /proc.</summary>
    private const long FewFiles = 250;

    /// <summary>Fewer open files than this are not worth a second thread.</summary>
    private const long FewFilesForThreads = 2000;

    private const int MostThreads = 8;

    private readonly ProcessReader _processes;
    private readonly OwnerSource _source;

    /// <summary>Reads through <paramref name="processes"/>, which stays the caller's.</summary>
    public OwnerFinder(ProcessReader processes, OwnerSource source = OwnerSource.Automatic)
    {
        _processes = processes;
        _source = source;
    }

    /// <summary>Why the BPF iterator was not used by the last search, or <c>null</c> when it was or was not asked for.</summary>
    public string? WhyNotBpf { get; private set; }

    /// <inheritdoc/>
    /// <exception cref="LinuxException">/proc cannot be read, or the BPF iterator was demanded and refused.</exception>
    /// <exception cref="PortolanException">The BPF iterator was demanded in a pid namespace of its own.</exception>
    public OwnerMap Find(ReadOnlyMemory<uint> inodes, CancellationToken cancellationToken)
    {
        if (inodes.IsEmpty)
        {
            return OwnerMap.Empty;
        }

        var started = BootClock.Ticks;
        var wanted = new InodeSet(inodes.Span);
        var first = PidNamespace.IsFirst(_processes.Root);
        var files = PidNamespace.OpenFiles(_processes.Root);
        if (_source != OwnerSource.Proc && TryBpf(wanted, first, files, cancellationToken) is { } byBpf)
        {
            return Map(byBpf, "bpf", started, inodes.Length, first);
        }

        var threads = files < FewFilesForThreads ? 1 : Math.Min(Environment.ProcessorCount, MostThreads);
        var byProc =
            Map(ProcSocketScanner.Scan(_processes.Root, wanted, threads, cancellationToken), "/proc", started, inodes.Length, first);
        return byProc.HiddenProcesses > 0 && _source == OwnerSource.Automatic && MayUseBpf(first) && byProc.HasFewerSockets(inodes.Length)
            && Iterate(wanted, cancellationToken) is { } after
            ? Map(after, "bpf", started, inodes.Length, first)
            : byProc;
    }

    private static bool MayUseBpf(bool first) => first && CapabilitySet.Available.MayTrace;

    private HolderList? TryBpf(InodeSet wanted, bool first, long files, CancellationToken cancellationToken)
    {
        if (_source == OwnerSource.Automatic)
        {
            WhyNotBpf = !CapabilitySet.Available.MayTrace ? "CAP_BPF and CAP_PERFMON are needed"
                : !first ? "this is not the machine's first pid namespace, or not its /proc"
                : files < FewFiles ? "few files are open, so /proc is faster"
                : null;
            if (WhyNotBpf is not null)
            {
                return null;
            }
        }

        if (!first)
        {
            throw new PortolanException(
                "the BPF iterator does not know process ids of this pid namespace", $"leave out bpf: Portolan then walks /proc");
        }

        return Iterate(wanted, cancellationToken);
    }

    private HolderList? Iterate(InodeSet wanted, CancellationToken cancellationToken)
    {
        try
        {
            var found = SocketHolderIterator.Read(wanted, cancellationToken);
            WhyNotBpf = null;
            return found;
        }
        catch (LinuxException e) when (_source == OwnerSource.Automatic)
        {
            WhyNotBpf = e.Message;
            return null;
        }
    }

    private OwnerMap Map(HolderList holders, string source, ulong started, int wanted, bool isFirst)
    {
        var (inodes, pids) = holders.ToSorted();
        var map = new OwnerMap(inodes, pids, source, holders.HiddenProcesses) { StartTicks = started, IsConfined = !isFirst };

        // The iterator reports no process it was kept from. Where a socket has no owner, make sure that there is none.
        var hidden = source == "bpf" && map.HasFewerSockets(wanted) ? ProcVisibility.CountHidden(_processes.Root) : holders.HiddenProcesses;
        return new OwnerMap(inodes, pids, source, hidden)
        {
            StartTicks = started,
            SeesEveryProcess = isFirst && hidden == 0,
            IsConfined = !isFirst,
            SeesNoProcess = hidden > 0 && inodes.Length == 0 && !_processes.Root.Has("self"u8),
        };
    }
}

/// <summary>Finds the processes that hold sockets: through the kernel's BPF iterator, or by walking /proc.</summary>
public interface IOwnerFinder
{
    /// <summary>Finds every holder of the sockets in <paramref name="inodes"/> (sorted, distinct; never 0).</summary>
    OwnerMap Find(ReadOnlyMemory<uint> inodes, CancellationToken cancellationToken);
}

/// <summary>The ways to find owners.</summary>
public enum OwnerSource
{
    /// <summary>The fastest that is allowed.</summary>
    Automatic,

    /// <summary>The kernel's BPF iterator only; a failure is an error.</summary>
    Bpf,

    /// <summary>Walking /proc only.</summary>
    Proc,
}
