using System.ComponentModel;
using System.Text;
using Portolan.Linux.Interop;
using Portolan.Model;

namespace Portolan.Linux.Terminals;

/// <summary>A failure for want of memory: which limit it met, and how that one is raised.</summary>
/// <remarks>
/// Below what the runtime takes to start, <c>startup.c</c> says the same. It also makes the stacks of threads small where a limit is set.
/// </remarks>
public static unsafe class MemoryShortage
{
    /// <summary>
    /// From now on a shortage on any thread ends the program with a line, a hint and <see cref="ExitCode.Failed"/>. Else the runtime
    /// aborts it with a stack trace where no code of the program waits for that thread.
    /// </summary>
    public static void EndInOrder() => AppDomain.CurrentDomain.UnhandledException += static (_, failure) =>
    {
        if (failure.ExceptionObject is Exception exception && IsCauseOf(exception))
        {
            End(exception);
        }
    };

    /// <summary>Whether memory, or a thread, could not be had: there or in what led to it.</summary>
    internal static bool IsCauseOf(Exception exception) => Causes(exception).Any(static cause =>
        cause is OutOfMemoryException or LinuxException { Errno: Errno.NoMemory } or IOException { HResult: Errno.NoMemory }
            or Win32Exception { NativeErrorCode: Errno.NoMemory }
        || IsRefusedThread(cause));

    /// <summary>What is missing and how to get it.</summary>
    internal static (string Message, Advice Hint) Describe(Exception exception)
    {
        var isThread = Causes(exception).Any(IsRefusedThread);
        if (LimitOf(Libc.RLIMIT_AS) is { } space && !(isThread && HasRoom(space)))
        {
            return ($"out of memory: the address space limit is {space} KiB",
                $"raise the limit before: ulimit -v unlimited (as root if the hard limit is lower; LimitAS= in a unit)");
        }

        if (LimitOf(Libc.RLIMIT_DATA) is { } data)
        {
            return ($"out of memory: the data memory limit is {data} KiB",
                $"raise the limit before: ulimit -d unlimited (as root if the hard limit is lower; LimitDATA= in a unit)");
        }

        if (isThread)
        {
            return ("no thread could be started: the process limit is reached, or memory is full",
                $"raise the limit before: ulimit -u, and pids.max of the control group (TasksMax= in a unit)");
        }

        return ("out of memory",
            $"free memory, or raise the limit of the container or unit (memory.max of its control group; MemoryMax= in a unit)");
    }

    private static ulong? LimitOf(int resource)
    {
        Libc.ResourceLimit limit;
        return Libc.getrlimit(resource, &limit) == 0 && limit.rlim_cur != nuint.MaxValue ? (ulong)limit.rlim_cur / 1024 : null;
    }

    /// <summary>Whether the stack of a thread would fit into the limit, in KiB: then another limit refused the thread.</summary>
    private static bool HasRoom(ulong limit)
    {
        try
        {
            var pages = File.ReadAllText("/proc/self/statm").Split(' ')[0];
            return ulong.TryParse(pages, System.Globalization.CultureInfo.InvariantCulture, out var used)
                && limit > (used * (ulong)Environment.SystemPageSize / 1024) + 4096;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or OutOfMemoryException)
        {
            return false;
        }
    }

    /// <summary>
    /// The runtime throws for a thread that the kernel refused what it throws for memory, and for the thread that takes signals an error
    /// of a file. Where it was thrown is the difference.
    /// </summary>
    private static bool IsRefusedThread(Exception cause) => cause is OutOfMemoryException or IOException
        && cause.StackTrace is { } trace
        && (trace.Contains(".Thread.Start", StringComparison.Ordinal)
            || trace.Contains("PosixSignalRegistration.Initialize", StringComparison.Ordinal));

    private static IEnumerable<Exception> Causes(Exception exception)
    {
        for (var cause = exception; cause is not null; cause = cause.InnerException)
        {
            yield return cause;
        }
    }

    private static void End(Exception exception)
    {
        try
        {
            using var text = new StringWriter { NewLine = "\n" };
            FailureReport.Of(exception, debug: false).Write(() => text);
            Say(Encoding.UTF8.GetBytes(text.ToString()));
        }
#pragma warning disable CA1031 // Not even this much memory is left.
        catch (Exception)
#pragma warning restore CA1031
        {
            Say("portolan: out of memory\nhint: raise the limit before: ulimit -v unlimited\n"u8);
        }

        Libc._exit((int)ExitCode.Failed);
    }

    private static void Say(ReadOnlySpan<byte> text)
    {
        fixed (byte* first = text)
        {
            _ = Libc.write(2, first, (nuint)text.Length);
        }
    }
}
