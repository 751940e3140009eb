using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Portolan.Linux.Interop;

namespace Portolan.Linux.Namespaces;

/// <summary>Makes a child by clone(2) that shares no memory, and has it make prepared system calls, the last of which is execve(2).</summary>
/// <remarks>
/// The child is a copy of a process with many threads of which only one is there: a lock that another thread held is held for ever, the
/// garbage collector's too. So between clone and execve it runs one method that allocates nothing, takes no lock, calls nothing that the
/// runtime would have to look up, and never leaves or enters the runtime: calls through pointers with SuppressGCTransition. The method has run
/// once before, in the parent and along every branch, so that nothing is left to be compiled.
/// One thing cannot be excluded: after such a call the compiler looks whether the garbage collector waits, and if it began to at the very
/// moment of the clone the child waits for ever. Whoever calls this watches the child, and ends it and begins anew when it does not get on.
/// </remarks>
internal static unsafe class ChildStart
{
    /// <summary>Looked up once for each start: nothing is looked up in the child.</summary>
    internal readonly ref struct Entries
    {
        private Entries(nint call, nint error)
        {
            Call = (delegate* unmanaged[SuppressGCTransition]<nint, nint, nint, nint, nint, nint, nint>)call;
            Error = (delegate* unmanaged[SuppressGCTransition]<int*>)error;
        }

        internal delegate* unmanaged[SuppressGCTransition]<nint, nint, nint, nint, nint, nint, nint> Call { get; }

        internal delegate* unmanaged[SuppressGCTransition]<int*> Error { get; }

        internal static Entries Find()
        {
            var program = NativeLibrary.GetMainProgramHandle();
            var call = NativeLibrary.GetExport(program, "syscall");

            // glibc and musl have the first name, bionic the second.
            return new Entries(call, NativeLibrary.TryGetExport(program, "__errno_location", out var error) ? error : NativeLibrary.GetExport(program, "__errno"));
        }
    }

    /// <summary>Makes the first call. Where it returns 0, which is in the child, makes the others; a failed one is reported and ends the child.</summary>
    /// <param name="call">syscall(2) of the C library.</param>
    /// <param name="error">Where the C library keeps its error number.</param>
    /// <param name="first">clone(2), or in a rehearsal a call that returns 0.</param>
    /// <param name="calls">The calls of the child.</param>
    /// <param name="count">Their number.</param>
    /// <param name="failures">The two calls that report a failure and end the child.</param>
    /// <param name="failure">Where the number of the failed call and the error number go, which the first of them writes.</param>
    /// <returns>In the parent the result of the first call, or the error number negated.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    internal static nint Run(
        delegate* unmanaged[SuppressGCTransition]<nint, nint, nint, nint, nint, nint, nint> call,
        delegate* unmanaged[SuppressGCTransition]<int*> error,
        SystemCall* first,
        SystemCall* calls,
        int count,
        SystemCall* failures,
        int* failure)
    {
        var result = call(first->Number, first->Argument0, first->Argument1, first->Argument2, first->Argument3, first->Argument4);
        if (result != 0)
        {
            return result < 0 ? -*error() : result;
        }

        for (var index = 0; index < count; index++)
        {
            var next = calls + index;
            result = call(next->Number, next->Argument0, next->Argument1, next->Argument2, next->Argument3, next->Argument4);
            if (result >= next->Least)
            {
                continue;
            }

            failure[0] = index;
            failure[1] = result < 0 ? *error() : 0;
            for (var last = 0; last < 2; last++)
            {
                next = failures + last;
                _ = call(next->Number, next->Argument0, next->Argument1, next->Argument2, next->Argument3, next->Argument4);
            }
        }

        return 0;
    }

    /// <summary>Runs every branch in the parent with calls that change nothing.</summary>
    internal static void Rehearse(in Entries entries, SystemCallNumbers numbers)
    {
        var pass = new SystemCall { Number = numbers.SchedYield, Least = nint.MinValue };
        var fail = new SystemCall { Number = numbers.ChangeDirectory, Least = 0 };
        var calls = stackalloc SystemCall[] { pass, fail, pass };
        var failures = stackalloc SystemCall[] { pass, pass };
        var failure = stackalloc int[2];
        _ = Run(entries.Call, entries.Error, &pass, calls, 3, failures, failure);
        _ = Run(entries.Call, entries.Error, &fail, calls, 3, failures, failure);
    }
}
