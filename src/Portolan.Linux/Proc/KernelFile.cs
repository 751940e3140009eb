using System.Runtime.InteropServices;
using System.Text;
using Portolan.Linux.Interop;
using Portolan.Linux.Privilege;

namespace Portolan.Linux.Proc;

/// <summary>Small files of /proc and /sys.</summary>
public static class KernelFile
{
    private const int FirstRead = 4096;

    /// <summary>The whole text; <c>null</c> when it is not there or may not be read.</summary>
    /// <param name="path">The file.</param>
    /// <remarks>
    /// By bare system calls: what the framework's files bring with them costs 0.07 ms the first time, which <c>list</c> pays at every
    /// start.
    /// </remarks>
    public static unsafe string? Text(string path)
    {
        var name = new byte[Encoding.UTF8.GetMaxByteCount(path.Length) + 1];
        Encoding.UTF8.GetBytes(path, name);
        // Only what is the kernel's: a path of another kind is somebody's own.
        using var raised = IsKernels(path) ? RaisedCapabilities.ToReadProcesses() : default;
        int descriptor;
        fixed (byte* terminated = name)
        {
            descriptor = Libc.openat(Libc.AT_FDCWD, terminated, Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
        }

        if (descriptor < 0)
        {
            return null;
        }

        var text = ReadAll(descriptor);
        _ = Libc.close(descriptor);
        return text;
    }

    private static unsafe string? ReadAll(int descriptor)
    {
        var (buffer, length) = (new byte[FirstRead], 0);
        while (true)
        {
            if (length == buffer.Length)
            {
                Array.Resize(ref buffer, buffer.Length * 4);
            }

            nint count;
            fixed (byte* start = buffer)
            {
                count = Libc.read(descriptor, start + length, (nuint)(buffer.Length - length));
            }

            switch (count)
            {
                case > 0:
                    length += (int)count;
                    break;
                case 0:
                    return Encoding.UTF8.GetString(buffer.AsSpan(0, length));
                default:
                    if (Marshal.GetLastPInvokeError() != Errno.Interrupted)
                    {
                        return null;
                    }

                    break;
            }
        }
    }

    private static bool IsKernels(string path) =>
        path.StartsWith("/proc/", StringComparison.Ordinal) || path.StartsWith("/sys/", StringComparison.Ordinal);
}
