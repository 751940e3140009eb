using System.Globalization;

namespace Portolan.Linux.Proc;

/// <summary>The kernel's table of tracked connections (Documentation/networking/nf_conntrack-sysctl.rst).</summary>
public static class ConnectionTracking
{
    /// <summary>
    /// How many entries there are in this network namespace, and how many there may be; <c>null</c> where nothing is tracked.
    /// </summary>
    /// <param name="procRoot">Where /proc is.</param>
    public static (long Count, long Limit)? Read(string procRoot = "/proc") =>
        ReadNumber(procRoot, "net/netfilter/nf_conntrack_count") is > 0 and var count
            && ReadNumber(procRoot, "net/netfilter/nf_conntrack_max") is > 0 and var limit ? (count, limit) : null;

    private static long ReadNumber(string procRoot, string name) =>
        long.TryParse(SystemSetting.Read(procRoot, name).AsSpan().Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            ? value
            : 0;
}
