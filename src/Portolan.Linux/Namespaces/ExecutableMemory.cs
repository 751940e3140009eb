using System.Runtime.InteropServices;
using Portolan.Linux.Interop;

namespace Portolan.Linux.Namespaces;

/// <summary>
/// Memory with machine code, for the life of the process. It is never writable and executable at once, because many a sandbox forbids that.
/// </summary>
internal static unsafe class ExecutableMemory
{
    /// <summary>Maps a copy of the code, in the way that is allowed here.</summary>
    /// <exception cref="NamespaceProcessException">None is.</exception>
    internal static void* Map(ReadOnlySpan<byte> code)
    {
        var mapped = MapFile(code);
        if (mapped is null)
        {
            mapped = MapAnonymous(code);
        }

        return mapped is not null
            ? mapped
            : throw new NamespaceProcessException(
                Marshal.GetLastPInvokeError(),
                "map memory that may be executed",
                NamespaceObstacle.ExecutableMemory,
                $"let the sandbox allow memfd_create(2), or mprotect(2) with PROT_EXEC (of a unit of systemd: MemoryDenyWriteExecute=no)");
    }

    /// <summary>
    /// As a file in memory: nothing that was ever writable becomes executable, which MemoryDenyWriteExecute of systemd and
    /// prctl(PR_SET_MDWE) forbid.
    /// </summary>
    /// <returns>Its place, or <c>null</c>.</returns>
    internal static void* MapFile(ReadOnlySpan<byte> code)
    {
        // It need not be executable as a program, and vm.memfd_noexec may forbid that. Kernels before 6.3 do not know the flag.
        var file = Libc.memfd_create("portolan-child", Libc.MFD_CLOEXEC | Libc.MFD_NOEXEC_SEAL);
        if (file < 0 && Marshal.GetLastPInvokeError() == Errno.InvalidArgument)
        {
            file = Libc.memfd_create("portolan-child", Libc.MFD_CLOEXEC);
        }

        if (file < 0)
        {
            return null;
        }

        try
        {
            fixed (byte* bytes = code)
            {
                return Libc.write(file, bytes, (nuint)code.Length) == code.Length
                    ? Kept(Libc.mmap(null, (nuint)code.Length, Libc.PROT_READ | Libc.PROT_EXEC, Libc.MAP_PRIVATE, file, 0))
                    : null;
            }
        }
        finally
        {
            _ = Libc.close(file);
        }
    }

    /// <summary>As memory that is written first and then made executable.</summary>
    /// <returns>Its place, or <c>null</c> with the error number of the last call.</returns>
    internal static void* MapAnonymous(ReadOnlySpan<byte> code)
    {
        var size = (nuint)code.Length;
        var memory = Kept(Libc.mmap(null, size, Libc.PROT_READ | Libc.PROT_WRITE, Libc.MAP_PRIVATE | Libc.MAP_ANONYMOUS, -1, 0));
        if (memory is null)
        {
            return null;
        }

        code.CopyTo(new Span<byte>(memory, code.Length));
        if (Libc.mprotect(memory, size, Libc.PROT_READ | Libc.PROT_EXEC) == 0)
        {
            return memory;
        }

        var errno = Marshal.GetLastPInvokeError();
        _ = Libc.munmap(memory, size);
        Marshal.SetLastPInvokeError(errno);
        return null;
    }

    /// <summary>mmap(2) says -1 for a failure.</summary>
    private static void* Kept(void* mapped) => (nint)mapped == -1 ? null : mapped;
}
