using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Portolan.Linux.Interop;

namespace Portolan.Linux.Namespaces;

/// <summary>The two ends of a pipe (pipe(7)), both closed on execve.</summary>
internal sealed unsafe class PipePair : IDisposable
{
    /// <exception cref="LinuxException">There are no descriptors left.</exception>
    internal PipePair()
    {
        var ends = stackalloc int[2];
        if (Libc.pipe2(ends, Libc.O_CLOEXEC) != 0)
        {
            throw new LinuxException(Marshal.GetLastPInvokeError(), "make a pipe");
        }

        Reader = new SafeFileHandle(ends[0], ownsHandle: true);
        Writer = new SafeFileHandle(ends[1], ownsHandle: true);
    }

    internal SafeFileHandle Reader { get; }

    internal SafeFileHandle Writer { get; }

    public void Dispose()
    {
        Reader.Dispose();
        Writer.Dispose();
    }
}
