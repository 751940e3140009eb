using System.Runtime.InteropServices;
using Portolan.Linux;
using Portolan.Linux.Interop;

namespace Portolan.Kernel.Tests.Namespaces;

/// <summary>Memory in use below that of the runtime, in small pages.</summary>
internal sealed unsafe partial class LowMemory : IDisposable
{
    private const int PageSize = 4096;

    /// <summary>MADV_NOHUGEPAGE.</summary>
    private const int NoHugePages = 15;

    private readonly byte* _memory;
    private readonly nuint _size;

    internal LowMemory(int megabytes)
    {
        _size = (nuint)megabytes << 20;
        var memory =
            Libc.mmap((void*)0x10_0000_0000, _size, Libc.PROT_READ | Libc.PROT_WRITE, Libc.MAP_PRIVATE | Libc.MAP_ANONYMOUS, -1, 0);
        _memory = (nint)memory != -1 ? (byte*)memory : throw new LinuxException(Marshal.GetLastPInvokeError(), "map memory");
        _ = madvise(memory, _size, NoHugePages);
        for (nuint at = 0; at < _size; at += PageSize)
        {
            _memory[at] = 1;
        }
    }

    public void Dispose() => Assert.Equal(0, Libc.munmap(_memory, _size));

    [LibraryImport("libc")]
    private static partial int madvise(void* addr, nuint length, int advice);
}
