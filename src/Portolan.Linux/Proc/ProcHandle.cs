using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Runtime.InteropServices;
using Portolan.Linux.Interop;
using Portolan.Linux.Privilege;

namespace Portolan.Linux.Proc;

/// <summary>An open directory of /proc, or of a recording of it, whose files are read by name relative to it.</summary>
/// <remarks>
/// A handle to <c>/proc/PID</c> stays bound to that process: once it is gone every read fails (ESRCH), even when its pid is
/// used again. So all that is read through one handle belongs to one process.
/// </remarks>
public sealed class ProcHandle : IDisposable
{
    private const int LongestName = 255;

    /// <summary>No descriptor: every call relative to it fails.</summary>
    private const int Nowhere = -1;

    private int _descriptor;

    private ProcHandle(int descriptor) => _descriptor = descriptor;

    /// <summary>The descriptor, for calls within this layer.</summary>
    internal int Descriptor => _descriptor;

    /// <summary>Opens a directory by its path.</summary>
    /// <exception cref="LinuxException">It cannot be opened.</exception>
    public static ProcHandle Open(string path)
    {
        Span<byte> name = new byte[System.Text.Encoding.UTF8.GetMaxByteCount(path.Length) + 1];
        System.Text.Encoding.UTF8.GetBytes(path, name);
        var descriptor = OpenAt(Libc.AT_FDCWD, name, Libc.O_RDONLY | Libc.O_CLOEXEC);
        return descriptor >= 0 ? new ProcHandle(descriptor) : throw new LinuxException(-descriptor, $"open {path}");
    }

    /// <summary>
    /// Opens a directory by its path. Where there is none, the handle reads as an empty one: what it holds is all not there.
    /// </summary>
    /// <exception cref="LinuxException">It is there and cannot be opened.</exception>
    public static ProcHandle OpenOrEmpty(string path)
    {
        try
        {
            return Open(path);
        }
        catch (LinuxException exception) when (exception.Errno is Libc.ENOENT)
        {
            return new ProcHandle(Nowhere);
        }
    }

    /// <summary>Opens the directory of a process beneath this one; <c>null</c> when there is none.</summary>
    public ProcHandle? OpenProcess(int pid)
    {
        Span<byte> name = stackalloc byte[16];
        Utf8Formatter.TryFormat(pid, name, out var length);
        name[length] = 0;
        var descriptor = OpenAt(_descriptor, name, Libc.O_PATH | Libc.O_CLOEXEC);
        return descriptor >= 0 ? new ProcHandle(descriptor) : null;
    }

    /// <summary>Reads the start of a file into <paramref name="buffer"/>, as much as fits.</summary>
    /// <returns>How many bytes, or the negative error number.</returns>
    public unsafe int Read(ReadOnlySpan<byte> name, Span<byte> buffer)
    {
        var descriptor = OpenRelative(name);
        if (descriptor < 0)
        {
            return descriptor;
        }

        var total = 0;
        fixed (byte* target = buffer)
        {
            while (total < buffer.Length)
            {
                // Some files of /proc ask again when they are read.
                using var raised = RaisedCapabilities.ToReadProcesses();
                var count = Libc.read(descriptor, target + total, (nuint)(buffer.Length - total));
                if (count <= 0)
                {
                    total = count < 0 && total == 0 ? -Marshal.GetLastPInvokeError() : total;
                    break;
                }

                total += (int)count;
            }
        }

        Close(descriptor);
        return total;
    }

    /// <summary>Reads a file of unknown length, at most <paramref name="limit"/> bytes of it; <c>null</c> when it cannot be read.</summary>
    public byte[]? ReadAll(ReadOnlySpan<byte> name, int limit)
    {
        // Files of /proc are made anew by each read from the start, so a longer buffer means reading again, not reading on.
        for (var size = 4096; ; size = Math.Min(size * 8, limit))
        {
            var rented = ArrayPool<byte>.Shared.Rent(size);
            try
            {
                var count = Read(name, rented.AsSpan(0, size));
                if (count < size || size >= limit)
                {
                    return count < 0 ? null : rented.AsSpan(0, count).ToArray();
                }
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(rented);
            }
        }
    }

    /// <summary>The target of a symbolic link such as <c>exe</c>, or <c>null</c> when hidden or missing.</summary>
    public string? ReadLink(ReadOnlySpan<byte> name)
    {
        Span<byte> target = stackalloc byte[4096];
        var length = ReadLink(name, target);
        return length <= 0 ? null : System.Text.Encoding.UTF8.GetString(target[..length]);
    }

    /// <summary>The same as bytes: how many were written, not more than fit; 0 or less when hidden or missing.</summary>
    internal unsafe int ReadLink(ReadOnlySpan<byte> name, Span<byte> target)
    {
        Span<byte> path = stackalloc byte[LongestName + 1];
        if (!TryTerminate(name, path))
        {
            return 0;
        }

        using var raised = RaisedCapabilities.ToReadProcesses();
        fixed (byte* pathPointer = path, targetPointer = target)
        {
            return (int)Libc.readlinkat(_descriptor, pathPointer, targetPointer, (nuint)target.Length);
        }
    }

    /// <summary>Whether a symbolic link beneath this directory may be read: 0 or the error number.</summary>
    internal unsafe int TryLink(ReadOnlySpan<byte> name)
    {
        Span<byte> path = stackalloc byte[LongestName + 1];
        byte target;
        using var raised = RaisedCapabilities.ToReadProcesses();
        fixed (byte* pathPointer = path)
        {
            return !TryTerminate(name, path) ? Libc.ENOENT
                : Libc.readlinkat(_descriptor, pathPointer, &target, 1) < 0 ? Marshal.GetLastPInvokeError() : 0;
        }
    }

    /// <summary>Reads the pids beneath this directory: every entry whose name is a decimal number.</summary>
    /// <exception cref="LinuxException">The directory cannot be read.</exception>
    public void ListPids(List<int> pids)
    {
        // A second open, because reading moves the position of an open directory.
        var errno = _descriptor == Nowhere ? 0 : TryListNumbers("."u8, pids);
        if (errno != 0)
        {
            throw new LinuxException(errno, "read the list of processes");
        }
    }

    /// <summary>Reads the entries of a directory beneath this one whose names are decimal numbers; returns 0 or the error number.</summary>
    internal unsafe int TryListNumbers(ReadOnlySpan<byte> name, List<int> numbers)
    {
        var descriptor = OpenRelative(name);
        if (descriptor < 0)
        {
            return -descriptor;
        }

        nint count;
        var buffer = new byte[32 * 1024];
        fixed (byte* pointer = buffer)
        {
            while ((count = Libc.getdents64(descriptor, pointer, (nuint)buffer.Length)) > 0)
            {
                var entries = new DirectoryEntries(buffer.AsSpan(0, (int)count));
                while (entries.TryNext(out var entry, out _))
                {
                    if (Utf8Parser.TryParse(entry, out int number, out var used) && used == entry.Length && number > 0)
                    {
                        numbers.Add(number);
                    }
                }
            }
        }

        var errno = count < 0 ? Marshal.GetLastPInvokeError() : 0;
        Close(descriptor);
        return errno;
    }

    /// <summary>The number of links to a file beneath this directory (stx_nlink of statx(2)), 0 when it cannot be asked.</summary>
    internal uint LinkCount(ReadOnlySpan<byte> name)
    {
        Span<byte> answer = stackalloc byte[Libc.StatxBufferSize];
        return TryStat(name, Libc.STATX_NLINK, answer) ? BinaryPrimitives.ReadUInt32LittleEndian(answer[Libc.StatxLinkCountOffset..]) : 0;
    }

    /// <summary>The size of a file beneath this directory in bytes, 0 when it cannot be asked.</summary>
    internal long Size(ReadOnlySpan<byte> name)
    {
        Span<byte> answer = stackalloc byte[Libc.StatxBufferSize];
        return TryStat(name, Libc.STATX_SIZE, answer) ? BinaryPrimitives.ReadInt64LittleEndian(answer[Libc.StatxSizeOffset..]) : 0;
    }

    /// <summary>Whether a file is beneath this directory.</summary>
    public bool Has(ReadOnlySpan<byte> name) => Inode(name) != 0;

    /// <summary>The inode number of a file beneath this directory, 0 when it cannot be asked.</summary>
    internal ulong Inode(ReadOnlySpan<byte> name)
    {
        Span<byte> answer = stackalloc byte[Libc.StatxBufferSize];
        return TryStat(name, Libc.STATX_INO, answer) ? BinaryPrimitives.ReadUInt64LittleEndian(answer[Libc.StatxInodeOffset..]) : 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        var descriptor = Interlocked.Exchange(ref _descriptor, -1);
        if (descriptor >= 0)
        {
            Close(descriptor);
        }
    }

    /// <summary>Opens a file or directory beneath this one for reading; returns the descriptor or the negative error number.</summary>
    internal int OpenRelative(ReadOnlySpan<byte> name)
    {
        Span<byte> path = stackalloc byte[LongestName + 1];
        return TryTerminate(name, path) ? OpenAt(_descriptor, path, Libc.O_RDONLY | Libc.O_CLOEXEC) : -Libc.ENOENT;
    }

    /// <summary>Closes a descriptor that came from <see cref="OpenRelative"/>.</summary>
    internal static void Close(int descriptor) => _ = Libc.close(descriptor);

    private unsafe bool TryStat(ReadOnlySpan<byte> name, uint mask, Span<byte> answer)
    {
        Span<byte> path = stackalloc byte[LongestName + 1];
        using var raised = RaisedCapabilities.ToReadProcesses();
        fixed (byte* pathPointer = path, answerPointer = answer)
        {
            return TryTerminate(name, path) && Libc.statx(_descriptor, pathPointer, 0, mask, answerPointer) == 0;
        }
    }

    private static bool TryTerminate(ReadOnlySpan<byte> name, Span<byte> path)
    {
        if (name.Length >= path.Length)
        {
            return false;
        }

        name.CopyTo(path);
        path[name.Length] = 0;
        return true;
    }

    private static unsafe int OpenAt(int directory, ReadOnlySpan<byte> terminatedPath, int flags)
    {
        using var raised = RaisedCapabilities.ToReadProcesses();
        fixed (byte* path = terminatedPath)
        {
            var descriptor = Libc.openat(directory, path, flags, 0);
            return descriptor >= 0 ? descriptor : -Marshal.GetLastPInvokeError();
        }
    }
}
