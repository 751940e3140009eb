using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Portolan.Linux.Interop;

namespace Portolan.Linux.Namespaces;

/// <summary>Makes a child, gives it its maps of users, and sees it execute the program.</summary>
internal static unsafe class ChildHandshake
{
    /// <summary>The pipe was closed: the program is executed, or the child has gone.</summary>
    private const int Ended = -2;

    /// <summary>Does it; <paramref name="descriptors"/> become 0, 1, 2 and so on.</summary>
    /// <returns>The process id.</returns>
    /// <exception cref="NamespaceProcessException">It cannot be done; no child is left.</exception>
    internal static int Start(SystemCallNumbers numbers, NamespaceProcessOptions options, IReadOnlyList<int> descriptors, int firstFree)
    {
        using var report = new PipePair();
        using var go = new PipePair();
        using var reportCopy = Above(report.Writer, firstFree);
        using var goCopy = Above(go.Reader, firstFree);
        var entered = new List<SafeFileHandle>();
        try
        {
            foreach (var handle in options.Enters)
            {
                entered.Add(Above(handle, firstFree));
            }

            int[] numbersOfEntered = [.. entered.Select(static handle => (int)handle.DangerousGetHandle())];
            using var program = new ChildProgram(
                numbers, options, descriptors, (int)reportCopy.DangerousGetHandle(), (int)goCopy.DangerousGetHandle(),
                (int)go.Writer.DangerousGetHandle(), numbersOfEntered);
            return Start(program, options, report, reportCopy, go);
        }
        finally
        {
            entered.ForEach(static handle => handle.Dispose());
        }
    }

    private static int Start(ChildProgram program, NamespaceProcessOptions options, PipePair report, SafeFileHandle reportCopy, PipePair go)
    {
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
            Check(Read(report.Reader, options, program), ChildProgram.Ready, program);
            options.Made?.Invoke(pid);
            if (options.Namespaces.HasFlag(NamespaceKinds.User) && UserMaps.Write(pid) is var errno and not 0)
            {
                throw NamespaceObstacles.Explain(errno, "map users into a namespace");
            }

            var byteToGo = (byte)1;
            _ = Libc.write((int)go.Writer.DangerousGetHandle(), &byteToGo, 1);

            Check(Read(report.Reader, options, program), Ended, program);
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

    private static void Check((int Call, int Errno) report, int expected, ChildProgram program)
    {
        if (report.Call != expected)
        {
            throw new NamespaceProcessException(report.Errno, program.Operation(report.Call), NamespaceObstacle.Other, null);
        }
    }

    /// <summary>Reads a report: the numbers, or <see cref="Ended"/>.</summary>
    private static (int Call, int Errno) Read(SafeFileHandle handle, NamespaceProcessOptions options, ChildProgram program)
    {
        var wait = new Libc.poll_fd { fd = (int)handle.DangerousGetHandle(), events = Libc.POLLIN };
        int ready;
        while ((ready = Libc.poll_one(&wait, 1, (int)options.Patience.TotalMilliseconds)) < 0
            && Marshal.GetLastPInvokeError() == Errno.Interrupted)
        {
        }

        if (ready <= 0)
        {
            var operation = string.Create(
                CultureInfo.InvariantCulture,
                $"start {options.Program}, whose process hung {options.Patience.TotalSeconds:0} seconds where it was to "
                    + $"{program.CurrentOperation}");
            throw new NamespaceProcessException(Errno.TimedOut, operation, NamespaceObstacle.Other, null);
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
        return copy >= 0
            ? new SafeFileHandle(copy, ownsHandle: true)
            : throw new LinuxException(Marshal.GetLastPInvokeError(), "copy a descriptor");
    }
}
