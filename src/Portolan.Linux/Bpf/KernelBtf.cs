using Portolan.Linux.Interop;
using Portolan.Linux.Proc;

namespace Portolan.Linux.Bpf;

/// <summary>The kernel's BTF, /sys/kernel/btf/vmlinux: mapped where the kernel allows it (Linux 6.16 and later), else read.</summary>
internal sealed unsafe class KernelBtf : IDisposable
{
    private const int Largest = 64 * 1024 * 1024;

    private readonly byte[]? _copy;
    private void* _map;
    private readonly int _length;

    private KernelBtf(byte[] copy, int length)
    {
        _copy = copy;
        _length = length;
    }

    private KernelBtf(void* map, int length)
    {
        _map = map;
        _length = length;
    }

    internal ReadOnlySpan<byte> Bytes => _copy is null ? new ReadOnlySpan<byte>(_map, _length) : _copy.AsSpan(0, _length);

    /// <exception cref="LinuxException">The kernel has none (CONFIG_DEBUG_INFO_BTF), or it may not be read.</exception>
    internal static KernelBtf Open(string path = "/sys/kernel/btf/vmlinux")
    {
        using var directory = ProcHandle.Open(Path.GetDirectoryName(path)!);
        Span<byte> name = System.Text.Encoding.UTF8.GetBytes(Path.GetFileName(path));
        var size = directory.Size(name);
        var descriptor = directory.OpenRelative(name);
        if (descriptor < 0 || size is <= 0 or > Largest)
        {
            throw new LinuxException(descriptor < 0 ? -descriptor : Libc.EINVAL, "open the kernel's BTF");
        }

        var map = Libc.mmap(null, (nuint)size, Libc.PROT_READ, Libc.MAP_PRIVATE, descriptor, 0);
        ProcHandle.Close(descriptor);
        if ((nint)map != -1)
        {
            return new KernelBtf(map, (int)size);
        }

        var copy = GC.AllocateUninitializedArray<byte>((int)size);
        var count = directory.Read(name, copy);
        return count > 0 ? new KernelBtf(copy, count) : throw new LinuxException(-count, "read the kernel's BTF");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_map is not null)
        {
            _ = Libc.munmap(_map, (nuint)_length);
            _map = null;
        }
    }
}
