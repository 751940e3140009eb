using System.Globalization;
using Portolan.Linux.Scratch;

namespace Portolan.Firewall.Replay.Proving;

/// <summary>
/// The kernel's counters of packets that routing did not let through (/proc/net/snmp, netstat, snmp6): they tell why one vanished.
/// </summary>
internal sealed class RoutingCounters
{
    private static readonly string[] Telling =
    [
        "IPReversePathFilter", "InNoRoutes", "OutNoRoutes", "InAddrErrors", "InHdrErrors", "InDiscards", "OutDiscards", "InTruncatedPkts",
        "Ip6InNoRoutes", "Ip6OutNoRoutes", "Ip6InAddrErrors", "Ip6InDiscards", "Ip6OutDiscards", "Ip6InHdrErrors",
    ];

    private readonly Dictionary<string, long> _values = new(StringComparer.Ordinal);

    internal RoutingCounters(ScratchNamespace scratch)
    {
        ReadPairs(scratch.ReadStatistics("snmp"));
        ReadPairs(scratch.ReadStatistics("netstat"));
        foreach (var line in (scratch.ReadStatistics("snmp6") ?? "").Split('\n'))
        {
            if (line.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) is [var name, var value])
            {
                Keep(name.Trim(), value);
            }
        }
    }

    /// <summary>The first that has grown since, of those that tell why a packet vanished; or <c>null</c>.</summary>
    internal string? GrownSince(RoutingCounters before) =>
        Array.Find(Telling, name => _values.GetValueOrDefault(name) > before._values.GetValueOrDefault(name));

    /// <summary>Two lines each: names, then values.</summary>
    private void ReadPairs(string? text)
    {
        var lines = (text ?? "").Split('\n');
        for (var index = 0; index + 1 < lines.Length; index += 2)
        {
            foreach (var (name, value) in lines[index].Split(' ').Zip(lines[index + 1].Split(' ')))
            {
                Keep(name, value);
            }
        }
    }

    private void Keep(string name, string value)
    {
        if (long.TryParse(value, CultureInfo.InvariantCulture, out var number))
        {
            _values.TryAdd(name, number);
        }
    }
}
