using Portolan.Linux.Proc;
using Portolan.Reachability.Composing;
using Portolan.Sockets.Owners;

namespace Portolan.Server.Hosting;

/// <summary>The acquirers of this machine.</summary>
internal static class ThisMachine
{
    private static readonly Lazy<ProcHandle> Proc = new(static () => ProcHandle.Open("/proc"));

    // Only in the machine's first pid namespace the kernel's own numbers are those of /proc.
    private static readonly Lazy<ProcessReader?> ByKernelNumber =
        new(static () => PidNamespace.IsFirst(Proc.Value) ? new ProcessReader(Proc.Value) : null);

    /// <summary>Reads a process by the number that BPF programs give; <c>null</c> when it is gone, or numbers differ here.</summary>
    internal static ProcessInfo? ReadProcess(int pid) =>
        ByKernelNumber.Value?.Read(pid, ProcessFields.Document | ProcessFields.Paths);

    // Every question has acquirers of its own, and all read one /proc: a descriptor for each would not end before the garbage collector.
    internal static Machine Open() => new()
    {
        IsThisHost = true,
        Environment = Environment.GetEnvironmentVariable,
        OpenProcesses = static () => new ProcessReader(Proc.Value),
    };
}
