using System.Runtime.InteropServices;
using Portolan.Linux.Interop;

namespace Portolan.Linux;

/// <summary>
/// What a program that is run may take (setrlimit(2)): past the memory its allocations fail, past the time it gets SIGXCPU.
/// </summary>
/// <param name="MemoryBytes">Address space, in bytes.</param>
/// <param name="ProcessorSeconds">Processor time, in seconds.</param>
public sealed record ProgramLimits(long MemoryBytes, int ProcessorSeconds)
{
    /// <summary>Sets them for a process that runs already. One that has ended needs none.</summary>
    internal void ApplyTo(int process)
    {
        Set(process, Libc.RLIMIT_AS, MemoryBytes, MemoryBytes);
        Set(process, Libc.RLIMIT_CPU, ProcessorSeconds, ProcessorSeconds + 1);
        Set(process, Libc.RLIMIT_CORE, 0, 0);
    }

    private static unsafe void Set(int process, int resource, long soft, long hard)
    {
        var limit = new Libc.ResourceLimit { rlim_cur = (nuint)soft, rlim_max = (nuint)hard };
        if (Libc.prlimit(process, resource, &limit, null) != 0 && Marshal.GetLastPInvokeError() is var errno and not Errno.NoSuchProcess)
        {
            throw new LinuxException(errno, "limit the resources of a program");
        }
    }
}
