using System.Runtime.InteropServices;
using Portolan.Linux.Interop;

namespace Portolan.Linux.Relay;

/// <summary>A nonblocking pipe through which splice(2) moves data; its memory is the kernel's, and only for what is in it.</summary>
/// <param name="Output">Where it is read.</param>
/// <param name="Input">Where it is written.</param>
internal readonly record struct RelayPipe(int Output, int Input)
{
    /// <summary>
    /// Opens one that takes <paramref name="bytes"/> where this user may have so much, else the usual 64 KiB; the error number when it
    /// fails.
    /// </summary>
    public static unsafe int TryOpen(int bytes, out RelayPipe pipe)
    {
        var descriptors = stackalloc int[2];
        if (Libc.pipe2(descriptors, Libc.O_CLOEXEC | Libc.O_NONBLOCK) != 0)
        {
            pipe = default;
            return Marshal.GetLastPInvokeError();
        }

        // Beyond fs.pipe-user-pages-soft an ordinary user keeps the small one.
        _ = Libc.fcntl_number(descriptors[1], Libc.F_SETPIPE_SZ, bytes);
        pipe = new RelayPipe(descriptors[0], descriptors[1]);
        return 0;
    }

    /// <summary>Closes both ends; what is in it is gone.</summary>
    public void Close()
    {
        RelaySocket.Close(Output);
        RelaySocket.Close(Input);
    }
}
