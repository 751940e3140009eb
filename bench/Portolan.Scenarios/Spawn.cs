using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Portolan.Scenarios;

/// <summary>What one run of a program cost.</summary>
internal readonly record struct RunCost(double WallMilliseconds, double UserMilliseconds, double SystemMilliseconds, int ExitStatus);

/// <summary>
/// Starts programs with posix_spawn and reads their cost from wait4, so that the measuring process adds as little as it can.
/// </summary>
internal static unsafe partial class Spawn
{
    /// <summary>Runs a program by absolute path with stdout sent to /dev/null (or a file) and waits for it.</summary>
    public static RunCost Run(string path, string[] arguments, string output = "/dev/null")
    {
        var argv = Strings([path, .. arguments]);
        var envp = Strings(["PATH=/usr/bin:/bin", "LANG=C.UTF-8"]);
        var actions = stackalloc byte[512];
        _ = posix_spawn_file_actions_init(actions);
        _ = posix_spawn_file_actions_addopen(actions, 1, output, 0x241 /* O_WRONLY|O_CREAT|O_TRUNC */, 0x1a4);
        _ = posix_spawn_file_actions_addopen(actions, 2, "/dev/null", 1, 0);

        var start = Stopwatch.GetTimestamp();
        var error = posix_spawn(out var pid, path, actions, null, argv, envp);
        if (error != 0)
        {
            throw new InvalidOperationException($"cannot start {path}: {Marshal.GetPInvokeErrorMessage(error)}");
        }

        ResourceUsage usage;
        int status;
        _ = wait4(pid, &status, 0, &usage);
        var wall = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        _ = posix_spawn_file_actions_destroy(actions);
        Free(argv);
        Free(envp);
        return new RunCost(
            wall, Milliseconds(usage.utime_sec, usage.utime_usec), Milliseconds(usage.stime_sec, usage.stime_usec), status >> 8);
    }

    private static double Milliseconds(long seconds, long microseconds) => (seconds * 1000.0) + (microseconds / 1000.0);

    private static byte** Strings(string[] values)
    {
        var array = (byte**)NativeMemory.AllocZeroed((nuint)(values.Length + 1), (nuint)sizeof(byte*));
        for (var i = 0; i < values.Length; i++)
        {
            array[i] = (byte*)Marshal.StringToCoTaskMemUTF8(values[i]);
        }

        return array;
    }

    private static void Free(byte** array)
    {
        for (var i = 0; array[i] != null; i++)
        {
            Marshal.FreeCoTaskMem((nint)array[i]);
        }

        NativeMemory.Free(array);
    }

    // struct rusage of sys/resource.h: the first fields; the rest is room.
    [StructLayout(LayoutKind.Sequential)]
    private struct ResourceUsage
    {
        public long utime_sec, utime_usec, stime_sec, stime_usec;
        public fixed long rest[17];
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int posix_spawn(out int pid, string path, void* actions, void* attributes, byte** argv, byte** envp);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_init(void* actions);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int posix_spawn_file_actions_addopen(void* actions, int fd, string path, int flags, uint mode);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_destroy(void* actions);

    [LibraryImport("libc")]
    private static partial int wait4(int pid, int* status, int options, ResourceUsage* usage);
}
