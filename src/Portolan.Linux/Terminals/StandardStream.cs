using System.Runtime.InteropServices;
using Portolan.Linux.Interop;

namespace Portolan.Linux.Terminals;

/// <summary>
/// One of the three standard streams, unbuffered. Unlike the framework's console stream it reports a reader that has gone.
/// </summary>
/// <remarks>Waits where the descriptor is non-blocking: another program that shares the terminal may have made it so.</remarks>
public sealed unsafe class StandardStream : Stream
{
    private const short POLLIN = 1;
    private const short POLLOUT = 4;

    private readonly int _descriptor;
    private readonly string _name;

    private StandardStream(int descriptor, string name)
    {
        _descriptor = descriptor;
        _name = name;
    }

    /// <summary>stdin.</summary>
    public static StandardStream Input => new(0, "standard input");

    /// <summary>stdout.</summary>
    public static StandardStream Output => new(1, "standard output");

    /// <summary>stderr.</summary>
    public static StandardStream Error => new(2, "standard error");

    /// <summary>
    /// Puts /dev/null where a standard stream was closed. The next file that is opened would take the place, and what is meant for
    /// stdout would go there: into the runtime's pipe of signals, whose bytes it takes for signals to raise.
    /// </summary>
    /// <remarks>
    /// In place of stdout for reading only, so that a write fails as on a closed stream. To be called before anything else is opened.
    /// </remarks>
    public static void OccupyClosed()
    {
        fixed (byte* path = "/dev/null\0"u8)
        {
            int descriptor;
            do
            {
                descriptor = Libc.openat(Libc.AT_FDCWD, path, Libc.O_RDONLY, 0);
            }
            while (descriptor is >= 0 and < 2);

            if (descriptor >= 2)
            {
                _ = Libc.close(descriptor);
            }

            if (descriptor == 2)
            {
                // Notes that nobody wants to see are no failure.
                _ = Libc.openat(Libc.AT_FDCWD, path, Libc.O_WRONLY, 0);
            }
        }
    }

    /// <summary>
    /// Takes stdout away from all else: what this process and those that it starts write to descriptor 1 from now on goes to stderr.
    /// </summary>
    /// <returns>What writes to the old stdout. No program that is started gets it.</returns>
    /// <exception cref="LinuxException">There is no room for a descriptor.</exception>
    public static StandardStream TakeOutput()
    {
        var copy = Libc.fcntl_number(1, Libc.F_DUPFD_CLOEXEC, 3);
        return copy >= 0 && Libc.dup2(2, 1) >= 0
            ? new(copy, "standard output")
            : throw new LinuxException(Marshal.GetLastPInvokeError(), "copy the descriptor of standard output");
    }

    /// <summary>Whether the descriptor is a terminal (isatty(3)).</summary>
    public bool IsTerminal => Libc.isatty(_descriptor) == 1;

    /// <summary>Whether another process group has this terminal: this one was put into the background (tcgetpgrp(3)).</summary>
    public bool IsInBackground => Libc.tcgetpgrp(_descriptor) is > 0 and var group && group != Libc.getpgrp();

    /// <summary>The width of the terminal in columns, or <c>null</c> when this is not a terminal or it does not say.</summary>
    public int? TerminalColumns => TerminalSize?.Columns;

    /// <summary>The size of the terminal in characters, or <c>null</c> when this is not a terminal or it does not say.</summary>
    public (int Columns, int Rows)? TerminalSize
    {
        get
        {
            Libc.Winsize size = default;
            return Libc.ioctl(_descriptor, Libc.TIOCGWINSZ, &size) == 0 && size.ws_col > 0
                ? (size.ws_col, size.ws_row > 0 ? size.ws_row : int.MaxValue)
                : null;
        }
    }

    /// <inheritdoc/>
    public override bool CanRead => _descriptor == 0;

    /// <inheritdoc/>
    public override bool CanWrite => _descriptor != 0;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Writes all bytes.</summary>
    /// <exception cref="BrokenPipeException">The reader has gone.</exception>
    /// <exception cref="IOException">Another failure, such as a full disk.</exception>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            for (var written = 0; written < buffer.Length;)
            {
                var count = Libc.write(_descriptor, start + written, (nuint)(buffer.Length - written));
                if (count >= 0)
                {
                    written += (int)count;
                }
                else
                {
                    WaitOrThrow("write", Marshal.GetLastPInvokeError(), POLLOUT);
                }
            }
        }
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            while (true)
            {
                var count = Libc.read(_descriptor, start, (nuint)buffer.Length);
                if (count >= 0)
                {
                    return (int)count;
                }

                WaitOrThrow("read", Marshal.GetLastPInvokeError(), POLLIN);
            }
        }
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    private void WaitOrThrow(string operation, int errno, short events)
    {
        switch (errno)
        {
            case Errno.Interrupted:
                return;
            case Errno.Again:
                var wait = new Libc.PollFd { fd = _descriptor, events = events };
                _ = Libc.poll(&wait, 1, -1);
                return;
            case Errno.BrokenPipe:
                throw new BrokenPipeException(_name);
            default:
                throw new IOException($"cannot {operation} {_name}: {Marshal.GetPInvokeErrorMessage(errno)}");
        }
    }
}

/// <summary>The program that read a standard stream has gone (EPIPE). For the command line that is success.</summary>
public sealed class BrokenPipeException(string stream) : IOException($"the reader of {stream} has closed it");
