using System.Runtime.InteropServices;

namespace Portolan.Linux.Namespaces;

/// <summary>The machine code that makes a child and is all that runs in it before execve(2).</summary>
/// <remarks>
/// <code>
/// nint Run(ChildWork* work)
/// {
///     result = system call (work.First)
///     if (result != 0) return result               // the parent, or an error number negated
///     for (next = work.Calls, failures = work.Failures, index = 0; ; next++, index++)
///     {
///         again:
///         work.Index = index
///         result = system call (next)
///         if (result &lt; next.Least)
///         {
///             if (failures == null) die            // to report the failure has failed
///             work.Errno = max(-result, 0)
///             next = failures, failures = null
///             goto again
///         }
///     }
/// }
/// </code>
/// It uses nothing of the C library or the runtime, and no memory but the work and its calls. A system call leaves all registers but its
/// result, and rcx and r11 of x86-64. The parent's path changes none that a function has to keep, and the child never returns, so nothing
/// is saved. The stack of the child is a copy.
/// </remarks>
internal static partial class ChildCode
{
    /// <summary>The code of this machine.</summary>
    /// <exception cref="PlatformNotSupportedException">There is none for this processor.</exception>
    internal static ReadOnlySpan<byte> Current => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => X64,
        Architecture.Arm64 => MemoryMarshal.AsBytes(Arm64),
        var other => throw new PlatformNotSupportedException($"no new namespaces on {other}"),
    };
}
