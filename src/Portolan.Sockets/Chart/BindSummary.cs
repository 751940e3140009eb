namespace Portolan.Sockets.Chart;

/// <summary>The binds of one row in a few letters: <c>* v4+v6</c>, <c>lo</c>, <c>192.0.2.1, lo v6</c>.</summary>
public static class BindSummary
{
    /// <summary>How many bound addresses are written out before the rest is counted.</summary>
    public const int Shown = 2;

    /// <summary>Writes the summary; <c>*</c> is every address, <c>lo</c> is 127.0.0.1 or ::1, and IPv4 goes without saying.</summary>
    public static string Text(IReadOnlyList<PortBind> binds, Func<int, string?> interfaceName)
    {
        var parts = new List<string>();
        foreach (var group in binds.GroupBy(b => b.InterfaceIndex).OrderBy(g => g.Key))
        {
            var suffix = group.Key == 0 ? "" : $"%{interfaceName(group.Key) ?? $"if{group.Key}"}";
            Add(parts, "*", suffix, group.Where(b => b.IsWildcard));
            parts.AddRange(group.Where(b => !b.IsWildcard && !IsLocalhost(b)).Order().Select(b => $"{b.Address}{suffix}"));
            Add(parts, "lo", suffix, group.Where(IsLocalhost));
        }

        return parts.Count > Shown + 1
            ? $"{string.Join(", ", parts.Take(Shown))} +{parts.Count - Shown}"
            : string.Join(", ", parts);
    }

    private static bool IsLocalhost(PortBind bind) =>
        bind.Address == InternetAddress.LoopbackIPv4 || bind.Address == InternetAddress.LoopbackIPv6;

    private static void Add(List<string> parts, string word, string suffix, IEnumerable<PortBind> binds)
    {
        bool v4 = false, v6 = false;
        foreach (var bind in binds)
        {
            v4 |= bind.TakesIPv4;
            v6 |= bind.TakesIPv6;
        }

        if (v4 || v6)
        {
            parts.Add($"{word}{suffix}{(v4 && v6 ? " v4+v6" : v6 ? " v6" : "")}");
        }
    }
}
