using System.Runtime.InteropServices;

namespace Portolan.Linux.Interop;

/// <summary>libc calls on the standard streams and terminals.</summary>
internal static unsafe partial class Libc
{
    /// <summary>ioctl(2) request: the size of a terminal window (asm-generic/ioctls.h).</summary>
    internal const nuint TIOCGWINSZ = 0x5413;

    [LibraryImport("libc")]
    internal static partial int isatty(int fd);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int ioctl(int fd, nuint request, Winsize* argument);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint write(int fd, byte* buffer, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int poll(PollFd* fds, nuint nfds, int timeoutMilliseconds);

    /// <summary><c>struct winsize</c> (asm-generic/termios.h), in characters and pixels.</summary>
    internal struct Winsize
    {
        public ushort ws_row;
        public ushort ws_col;
        public ushort ws_xpixel;
        public ushort ws_ypixel;
    }

    /// <summary><c>struct pollfd</c> (poll.h).</summary>
    internal struct PollFd
    {
        public int fd;
        public short events;
        public short revents;
    }
}
