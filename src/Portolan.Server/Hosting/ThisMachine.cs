using Portolan.Linux.Proc;
using Portolan.Reachability.Composing;
using Portolan.Sockets.Owners;

namespace Portolan.Server.Hosting;

/// <summary>The acquirers of this machine.</summary>
internal static class ThisMachine
{
    private static readonly Lazy<ProcHandle> Proc = new(static () => ProcHandle.Open("/proc"));

    // Every question has acquirers of its own, and all read one /proc: a descriptor for each would not end before the garbage collector.
    internal static Machine Open() => new()
    {
        IsThisHost = true,
        Environment = Environment.GetEnvironmentVariable,
        OpenProcesses = static () => new ProcessReader(Proc.Value),
    };
}
