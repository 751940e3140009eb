using System.Globalization;

namespace Portolan.Linux.Proc;

/// <summary>The kernel's table of tracked connections (Documentation/networking/nf_conntrack-sysctl.rst).</summary>
public static class ConnectionTracking
{
    /// <summary>How many entries there are in this network namespace, and how many there may be; <c>null</c> where nothing is tracked.</summary>
    /// <param name="procRoot">Where /proc is.</param>
    public static (long Count, long Limit)? Read(string procRoot = "/proc") =>
        ReadNumber(procRoot, "nf_conntrack_count") is > 0 and var count && ReadNumber(procRoot, "nf_conntrack_max") is > 0 and var limit ? (count, limit) : null;

    private static long ReadNumber(string procRoot, string name)
    {
        try
        {
            var text = File.ReadAllText(Path.Combine(procRoot, "sys/net/netfilter", name));
            return long.TryParse(text.AsSpan().Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : 0;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }
}
