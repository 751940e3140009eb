using System.Runtime.InteropServices;
using System.Runtime.InteropServices.Marshalling;
using System.Text;
using Portolan.Linux.Interop;

namespace Portolan.Linux;

/// <summary>
/// Reads small text files at paths that are not this program's own, such as those that a process names: only regular files, never waiting,
/// and with the caller's permissions alone.
/// </summary>
public static class SmallFile
{
    private const int NonBlocking = 0x800;
    private const int NoControllingTerminal = 0x100;
    private const int EmptyPath = 0x1000;
    private const uint TypeAndSize = 1 | Libc.STATX_SIZE;
    private const int ModeOffset = 28;
    private const int TypeBits = 0xf000;
    private const int Regular = 0x8000;

    /// <summary>
    /// The whole text; <c>null</c> where there is no such file, it is not a regular one, it is longer than <paramref name="longest"/>, or
    /// it may not be read. What is not UTF-8 becomes U+FFFD.
    /// </summary>
    /// <param name="path">The path; links are followed.</param>
    /// <param name="longest">The most bytes that are read.</param>
    public static unsafe string? Text(string path, int longest)
    {
        if (path.Contains('\0', StringComparison.Ordinal))
        {
            return null;
        }

        var name = Utf8StringMarshaller.ConvertToUnmanaged(path);
        var descriptor = -1;
        try
        {
            // A pipe or a device that was put there would have the open wait, or more: O_NONBLOCK, and nothing is read of it.
            descriptor = Libc.openat(
                Libc.AT_FDCWD, name, Libc.O_RDONLY | Libc.O_CLOEXEC | NonBlocking | NoControllingTerminal, 0);
            return descriptor >= 0 && LengthOf(descriptor) is { } length && length <= longest ? ReadAll(descriptor, longest) : null;
        }
        finally
        {
            Utf8StringMarshaller.Free(name);
            if (descriptor >= 0)
            {
                _ = Libc.close(descriptor);
            }
        }
    }

    /// <summary>The length of a regular file; <c>null</c> for anything else.</summary>
    private static unsafe long? LengthOf(int descriptor)
    {
        var answer = stackalloc byte[Libc.StatxBufferSize];
        byte end = 0;
        return Libc.statx(descriptor, &end, EmptyPath, TypeAndSize, answer) == 0
            && (*(ushort*)(answer + ModeOffset) & TypeBits) == Regular
            ? (long)*(ulong*)(answer + Libc.StatxSizeOffset) : null;
    }

    private static unsafe string? ReadAll(int descriptor, int longest)
    {
        // One byte more than may be there shows that there is more.
        var (most, length) = (longest + 1, 0);
        var buffer = new byte[Math.Min(most, 4096)];
        while (true)
        {
            if (length == buffer.Length)
            {
                if (length == most)
                {
                    return null;
                }

                Array.Resize(ref buffer, Math.Min(most, buffer.Length * 4));
            }

            nint count;
            fixed (byte* start = buffer)
            {
                count = Libc.read(descriptor, start + length, (nuint)(buffer.Length - length));
            }

            if (count == 0)
            {
                return Encoding.UTF8.GetString(buffer.AsSpan(0, length));
            }

            if (count > 0)
            {
                length += (int)count;
            }
            else if (Marshal.GetLastPInvokeError() != Errno.Interrupted)
            {
                return null;
            }
        }
    }
}
