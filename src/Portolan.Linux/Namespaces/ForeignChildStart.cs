using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Portolan.Linux.Interop;

namespace Portolan.Linux.Namespaces;

/// <summary>Makes a child in a process namespace that exists, as <see cref="ChildStart"/> does in the caller's or a new one.</summary>
/// <remarks>
/// Such a namespace is entered for the children of one thread, and from then on that thread can start no other thread (clone(2), EINVAL),
/// which the runtime does unasked: to compile a method, or to run what waits for a task. So the thread that enters is one of its own, which
/// runs nothing of the runtime's afterwards but system calls made in one method that is compiled once. It lasts as long as this process:
/// the child is tied to it.
/// </remarks>
internal static unsafe class ForeignChildStart
{
    // Pipes that threads read from as long as the program lasts.
    private static readonly List<PipePair> Kept = [];

    /// <summary>Makes the child.</summary>
    /// <param name="numbers">The system calls of this machine.</param>
    /// <param name="work">What the child does.</param>
    /// <param name="processes">The process namespace; to enter it requires CAP_SYS_ADMIN there and here.</param>
    /// <returns>Its process id as the caller sees it, or the error number negated.</returns>
    /// <exception cref="NamespaceProcessException">No memory may be executed here.</exception>
    internal static int Run(SystemCallNumbers numbers, ChildWork* work, SafeHandle processes)
    {
        var job = (Job*)NativeMemory.AllocZeroed((nuint)sizeof(Job));
        *job = new Job
        {
            SystemCall = NativeLibrary.GetExport(NativeLibrary.GetMainProgramHandle(), "syscall"),
            Code = (nint)ChildStart.Code(),
            Work = (nint)work,
            Namespace = processes.DangerousGetHandle(),
            SetMask = numbers.SetSignalMask,
            Enter = numbers.EnterNamespace,
            Read = numbers.Read,
        };

        // It is never written to or closed.
        var pipe = new PipePair();
        job->Nothing = pipe.Reader.DangerousGetHandle();
        new Thread(() => Make(job), maxStackSize: 256 * 1024) { IsBackground = true, Name = "foreign children" }.Start();
        var waiting = default(SpinWait);
        while (Volatile.Read(ref job->IsDone) == 0)
        {
            waiting.SpinOnce();
        }

        GC.KeepAlive(processes);
        lock (Kept)
        {
            Kept.Add(pipe);
        }

        return (int)job->Result;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Make(Job* job)
    {
        var call = (delegate* unmanaged<nint, nint, nint, nint, nint, nint>)job->SystemCall;
        var run = (delegate* unmanaged<nint, nint>)job->Code;
        var all = ulong.MaxValue;
        ulong before = 0;
        byte nothing;

        // Handlers of the runtime must not run in the child, which is a copy.
        _ = call(job->SetMask, Libc.SIG_SETMASK, (nint)(&all), (nint)(&before), Libc.SignalMaskSize);
        job->Result = call(job->Enter, job->Namespace, Libc.CLONE_NEWPID, 0, 0) == 0 ? run(job->Work) : -Errno.NotPermitted;
        _ = call(job->SetMask, Libc.SIG_SETMASK, (nint)(&before), 0, Libc.SignalMaskSize);
        Volatile.Write(ref job->IsDone, 1);
        while (true)
        {
            _ = call(job->Read, job->Nothing, (nint)(&nothing), 1, 0);
        }
    }

    /// <summary>In native memory, which is not freed: the thread lasts.</summary>
    private struct Job
    {
        internal nint SystemCall;
        internal nint Code;
        internal nint Work;
        internal nint Namespace;
        internal nint SetMask;
        internal nint Enter;
        internal nint Read;
        internal nint Nothing;
        internal nint Result;
        internal int IsDone;
    }
}
