using System.Buffers.Text;

namespace Portolan.Linux.Proc;

/// <summary>Whether process ids mean the same to the kernel, to this process and to a /proc.</summary>
public static class PidNamespace
{
    // include/linux/proc_ns.h, PROC_PID_INIT_INO: the first pid namespace, which the machine boots with.
    private const string First = "pid:[4026531836]";

    /// <summary>
    /// Whether the caller lives in the machine's first pid namespace and <paramref name="proc"/> shows it. Only then are the
    /// kernel's own process ids (in BPF) those of /proc, and only then is no process out of sight in another namespace.
    /// </summary>
    public static bool IsFirst(ProcHandle proc)
        => proc.ReadLink("self/ns/pid"u8) == First
            && proc.ReadLink("self"u8) is { } self
            && int.TryParse(self, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var pid)
            && pid == Environment.ProcessId;

    /// <summary>
    /// How many files the whole machine has open (first number of /proc/sys/fs/file-nr), or <see cref="long.MaxValue"/> when it does not
    /// say.
    /// </summary>
    public static long OpenFiles(ProcHandle proc)
    {
        Span<byte> text = stackalloc byte[64];
        var count = proc.Read("sys/fs/file-nr"u8, text);
        return count > 0 && Utf8Parser.TryParse(text[..count], out long files, out _) ? files : long.MaxValue;
    }
}

/// <summary>Whether capabilities hold for the whole machine.</summary>
public static class UserNamespace
{
    // include/linux/proc_ns.h, PROC_USER_INIT_INO: the first user namespace, which the machine boots with.
    private const string First = "user:[4026531837]";

    /// <summary>
    /// Whether the caller lives in the machine's first user namespace. In another one, root has power over that namespace only.
    /// </summary>
    public static bool IsFirst(ProcHandle proc) => proc.ReadLink("self/ns/user"u8) == First;
}
