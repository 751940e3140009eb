using System.Runtime.InteropServices;

namespace Portolan.Linux.Interop;

/// <summary>libc calls on the standard streams and terminals.</summary>
internal static unsafe partial class Libc
{
    /// <summary>ioctl(2) request: the size of a terminal window (asm-generic/ioctls.h).</summary>
    internal const nuint TIOCGWINSZ = 0x5413;

    /// <summary>Local mode: input comes line by line (asm-generic/termbits.h).</summary>
    internal const uint ICANON = 0x2;

    /// <summary>Local mode: input is echoed (asm-generic/termbits.h).</summary>
    internal const uint ECHO = 0x8;

    /// <summary>tcsetattr(3): now.</summary>
    internal const int TCSANOW = 0;

    [LibraryImport("libc")]
    internal static partial int isatty(int fd);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int dup2(int oldfd, int newfd);

    [LibraryImport("libc")]
    internal static partial int tcgetattr(int fd, Termios* mode);

    [LibraryImport("libc")]
    internal static partial int tcsetattr(int fd, int when, Termios* mode);

    [LibraryImport("libc")]
    internal static partial int tcgetpgrp(int fd);

    [LibraryImport("libc")]
    internal static partial int raise(int signum);

    [LibraryImport("libc")]
    internal static partial int sigaction(int signum, byte* action, byte* old);

    [LibraryImport("libc")]
    internal static partial int setpgid(int pid, int pgid);

    [LibraryImport("libc")]
    internal static partial int getpgrp();

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int ioctl(int fd, nuint request, Winsize* argument);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint write(int fd, byte* buffer, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int poll(PollFd* fds, nuint nfds, int timeoutMilliseconds);

    /// <summary>glibc's <c>struct termios</c> (bits/termios-struct.h).</summary>
    internal struct Termios
    {
        public uint c_iflag;
        public uint c_oflag;
        public uint c_cflag;
        public uint c_lflag;
        public byte c_line;
        public fixed byte c_cc[32];
        public uint c_ispeed;
        public uint c_ospeed;
    }

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
