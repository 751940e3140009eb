using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Portolan.Linux.Interop;

namespace Portolan.Linux.Namespaces;

/// <summary>Makes a child, gives it its maps of users, and sees it execute the program.</summary>
internal static unsafe class ChildHandshake
{
    /// <summary>How long a child may hang in milliseconds before the next is made; see <see cref="ChildStart"/> for why it may. It takes some five when it does not.</summary>
    private static ReadOnlySpan<int> Patience => [100, 500, 2_000, 10_000];

    /// <summary>How long it may take after that: another child that hangs may keep a copy of its pipe for as long as such a one is waited for.</summary>
    private const int LastPatience = 30_000;

    /// <summary>The pipe was closed: the program is executed, or the child has gone.</summary>
    private const int Ended = -2;

    /// <summary>Does it; <paramref name="descriptors"/> become 0, 1, 2 and so on.</summary>
    /// <returns>The process id.</returns>
    /// <exception cref="NamespaceProcessException">It cannot be done; no child is left.</exception>
    internal static int Start(SystemCallNumbers numbers, NamespaceProcessOptions options, IReadOnlyList<int> descriptors, int firstFree)
    {
        foreach (var patience in Patience)
        {
            if (TryStart(numbers, options, descriptors, firstFree, patience) is { } pid)
            {
                return pid;
            }
        }

        throw TooLate(options);
    }

    private static int? TryStart(SystemCallNumbers numbers, NamespaceProcessOptions options, IReadOnlyList<int> descriptors, int firstFree, int patience)
    {
        using var report = new PipePair();
        using var go = new PipePair();
        using var reportCopy = Above(report.Writer, firstFree);
        using var goCopy = Above(go.Reader, firstFree);
        using var program = new ChildProgram(numbers, options, descriptors, (int)reportCopy.DangerousGetHandle(), (int)goCopy.DangerousGetHandle(), (int)go.Writer.DangerousGetHandle());
        var pid = program.Start();
        if (pid < 0)
        {
            throw NamespaceObstacles.Explain(-pid, "make namespaces");
        }

        var isKept = false;
        try
        {
            // The parent's copies: the end of the report must be seen when the child's goes.
            report.Writer.Dispose();
            reportCopy.Dispose();
            if (Read(report.Reader, patience) is not { } first)
            {
                return null;
            }

            Check(first, ChildProgram.Ready, program);
            options.Made?.Invoke(pid);
            if (options.Namespaces.HasFlag(NamespaceKinds.User) && UserMaps.Write(pid) is var errno and not 0)
            {
                throw NamespaceObstacles.Explain(errno, "map users into a namespace");
            }

            var byteToGo = (byte)1;
            _ = Libc.write((int)go.Writer.DangerousGetHandle(), &byteToGo, 1);

            // What has come so far does not hang; and it is not begun anew, for by now the program may have run.
            Check(Read(report.Reader, LastPatience) ?? throw TooLate(options), Ended, program);
            isKept = true;
            return pid;
        }
        finally
        {
            if (!isKept)
            {
                End(pid);
            }
        }
    }

    private static NamespaceProcessException TooLate(NamespaceProcessOptions options) =>
        new(Errno.TimedOut, $"start {options.Program}", NamespaceObstacle.Other, null);

    private static void Check((int Call, int Errno) report, int expected, ChildProgram program)
    {
        if (report.Call != expected)
        {
            throw new NamespaceProcessException(report.Errno, program.Operation(report.Call), NamespaceObstacle.Other, null);
        }
    }

    /// <summary>Reads a report: the numbers, or <see cref="Ended"/>; <c>null</c> when nothing came in time.</summary>
    private static (int Call, int Errno)? Read(SafeFileHandle handle, int patience)
    {
        var wait = new Libc.poll_fd { fd = (int)handle.DangerousGetHandle(), events = Libc.POLLIN };
        int ready;
        while ((ready = Libc.poll_one(&wait, 1, patience)) < 0 && Marshal.GetLastPInvokeError() == Errno.Interrupted)
        {
        }

        if (ready <= 0)
        {
            return null;
        }

        var numbers = stackalloc int[2];
        var count = Libc.read(wait.fd, (byte*)numbers, 2 * sizeof(int));
        return count == 2 * sizeof(int) ? (numbers[0], numbers[1]) : (Ended, Errno.NoSuchProcess);
    }

    private static void End(int pid)
    {
        _ = Libc.kill(pid, Libc.SIGKILL);
        while (Libc.waitpid(pid, null, Libc.WALL) < 0 && Marshal.GetLastPInvokeError() == Errno.Interrupted)
        {
        }
    }

    /// <summary>A copy of a descriptor above the numbers that the child's get.</summary>
    internal static SafeFileHandle Above(SafeHandle handle, int least)
    {
        var copy = Libc.fcntl_number((int)handle.DangerousGetHandle(), Libc.F_DUPFD_CLOEXEC, least);
        GC.KeepAlive(handle);
        return copy >= 0 ? new SafeFileHandle(copy, ownsHandle: true) : throw new LinuxException(Marshal.GetLastPInvokeError(), "copy a descriptor");
    }
}
