using Portolan.Linux.Interop;

namespace Portolan.Linux.Namespaces;

/// <summary>
/// Makes a child by clone(2) that shares no memory but its work, and has it make prepared system calls, the last of which is execve(2).
/// </summary>
/// <remarks>
/// The child is a copy of a process with many threads of which only one is there: a lock that another thread held is held for ever, and a
/// garbage collection that was about to begin never ends. So no managed code runs between clone and execve, not even a return into it: both
/// are made by <see cref="ChildCode"/>, called as any native function is. For the collector the calling thread is outside meanwhile; it
/// neither waits for it, which may take long while the page tables of a large process are copied, nor is anything of it looked at in the
/// child.
/// </remarks>
internal static unsafe class ChildStart
{
    private static readonly Lock Gate = new();
    private static void* _code;

    /// <summary>Makes the child, with all signals blocked: handlers of the runtime must not run in it.</summary>
    /// <returns>Its process id, or the error number negated.</returns>
    /// <exception cref="NamespaceProcessException">No memory may be executed here.</exception>
    internal static int Run(SystemCallNumbers numbers, ChildWork* work)
    {
        var code = Code();

        // By a raw system call, for that of the C library leaves the signals out that it uses itself.
        var all = ulong.MaxValue;
        ulong before;
        _ = Libc.syscall_rt_sigprocmask(numbers.SetSignalMask, Libc.SIG_SETMASK, &all, &before, Libc.SignalMaskSize);
        var result = Run(code, work);
        _ = Libc.syscall_rt_sigprocmask(numbers.SetSignalMask, Libc.SIG_SETMASK, &before, null, Libc.SignalMaskSize);
        return (int)result;
    }

    /// <summary>Calls the code.</summary>
    /// <returns>The result of the first call.</returns>
    internal static nint Run(void* code, ChildWork* work) => ((delegate* unmanaged<ChildWork*, nint>)code)(work);

    internal static void* Code()
    {
        lock (Gate)
        {
            return _code is not null ? _code : _code = ExecutableMemory.Map(ChildCode.Current);
        }
    }
}
