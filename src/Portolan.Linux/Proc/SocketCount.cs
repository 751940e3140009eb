using System.Globalization;

namespace Portolan.Linux.Proc;

/// <summary>How many TCP and UDP sockets a network namespace has, without listing them: the kernel keeps count.</summary>
public static class SocketCount
{
    /// <summary>Counts those of the calling thread's network namespace; <c>null</c> when the kernel does not say.</summary>
    /// <param name="procRoot">Where /proc is.</param>
    public static long? Read(string procRoot = "/proc") =>
        Sum(Text(procRoot, "sockstat")) is { } count ? count + (Sum(Text(procRoot, "sockstat6")) ?? 0) : null;

    /// <summary>
    /// How many TCP sockets the whole machine has, other network namespaces included; <c>null</c> when the kernel does not say.
    /// </summary>
    /// <param name="procRoot">Where /proc is.</param>
    public static long? OfMachine(string procRoot = "/proc") => Allocated(Text(procRoot, "sockstat"));

    /// <summary>
    /// The figure <c>alloc</c> of TCP in /proc/net/sockstat: the one that the kernel does not keep for each network namespace.
    /// </summary>
    internal static long? Allocated(string? text)
    {
        foreach (var line in (text ?? "").Split('\n'))
        {
            var words = line.Split(' ');
            if (words[0] == "TCP:" && Array.IndexOf(words, "alloc") is > 0 and var at
                && at + 1 < words.Length && uint.TryParse(words[at + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var count))
            {
                return count;
            }
        }

        return null;
    }

    /// <summary>
    /// Adds up the sockets of /proc/net/sockstat or sockstat6 (net/ipv4/proc.c): <c>inuse</c> of TCP and UDP, and <c>tw</c>, those in
    /// TIME-WAIT. <c>null</c> when it has none of them.
    /// </summary>
    public static long? Sum(string? text)
    {
        long? sum = null;
        foreach (var line in (text ?? "").Split('\n'))
        {
            var words = line.Split(' ');
            if (words[0] is not ("TCP:" or "TCP6:" or "UDP:" or "UDP6:"))
            {
                continue;
            }

            for (var i = 1; i + 1 < words.Length; i += 2)
            {
                if (words[i] is "inuse" or "tw"
                    && uint.TryParse(words[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var count))
                {
                    sum = (sum ?? 0) + count;
                }
            }
        }

        return sum;
    }

    private static string? Text(string procRoot, string name) => KernelFile.Text(Path.Combine(procRoot, "thread-self/net", name));
}
