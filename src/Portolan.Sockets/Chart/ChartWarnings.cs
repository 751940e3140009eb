using System.Globalization;
using Portolan.Sockets.Owners;

namespace Portolan.Sockets.Chart;

/// <summary>Finds what threatens the whole machine: few ephemeral ports left, connections that a program forgot to close.</summary>
internal static class ChartWarnings
{
    /// <summary>The part of the ephemeral range in use from which a warning is worth it, percent.</summary>
    public const int NearlyUsedPercent = 80;

    /// <summary>All warnings of the caller's own namespace.</summary>
    public static IReadOnlyList<ChartWarning> Find(MachineFacts facts)
    {
        var warnings = new List<ChartWarning>();
        if (facts.Ephemeral is { } range)
        {
            AddEphemeral(warnings, facts.Snapshot, range);
        }

        AddCloseWait(warnings, facts);
        return warnings;
    }

    /// <summary>
    /// A connection needs a local port that is free towards its destination (address and port); a bind to port 0 needs one
    /// that is free altogether. The second runs out first, so nothing is counted per destination until it nearly has.
    /// </summary>
    private static void AddEphemeral(List<ChartWarning> warnings, SocketSnapshot snapshot, EphemeralRange range)
    {
        var sockets = snapshot.Sockets;
        var used = new PortSet();
        for (var i = 0; i < sockets.Count; i++)
        {
            ref readonly var entry = ref sockets[i];
            if (UsesEphemeral(entry))
            {
                used.Add(entry.LocalPortNumber);
            }
        }

        var count = range.CountInUse(used);

        if (!IsNearlyUsed(count, range))
        {
            return;
        }

        var destinations = new Dictionary<(InternetAddress, InternetAddress, ushort), int>();
        for (var i = 0; i < sockets.Count; i++)
        {
            ref readonly var entry = ref sockets[i];
            if (UsesEphemeral(entry) && entry.RemotePort != 0 && range.Contains(entry.LocalPortNumber))
            {
                var key = (entry.LocalAddress.Unmap(), entry.RemoteAddress.Unmap(), entry.RemotePort);
                destinations[key] = destinations.GetValueOrDefault(key) + 1;
            }
        }

        var total = string.Create(CultureInfo.InvariantCulture, $"{count:N0} of the {range.Count:N0} ephemeral ports ({range}) are in use");
        var worst = destinations.OrderByDescending(d => d.Value).ThenBy(d => d.Key.Item2).FirstOrDefault();
        if (worst.Value > 0 && IsNearlyUsed(worst.Value, range))
        {
            var (_, address, port) = worst.Key;
            var target = address.IsIPv4 ? $"{address}:{port}" : $"[{address}]:{port}";
            warnings.Add(new ChartWarning("ephemeral-ports", string.Create(
                CultureInfo.InvariantCulture,
                $"{total}, {worst.Value:N0} of them towards {target}: soon no new connection to it will succeed")));
            return;
        }

        warnings.Add(new ChartWarning("ephemeral-ports", $"{total}: soon no bind to port 0 will succeed"));
    }

    private static bool UsesEphemeral(in SocketEntry entry) => entry.Protocol == SocketProtocol.Tcp && entry.NamespaceIndex == 0;

    private static bool IsNearlyUsed(int count, EphemeralRange range) => count * 100L >= range.Count * (long)NearlyUsedPercent;

    private static void AddCloseWait(List<ChartWarning> warnings, MachineFacts facts)
    {
        var sockets = facts.Snapshot.Sockets;
        var byProcess = new Dictionary<int, int>();
        var unseen = 0;
        for (var i = 0; i < sockets.Count; i++)
        {
            ref readonly var entry = ref sockets[i];
            if (entry.State != SocketState.CloseWait || entry.Protocol != SocketProtocol.Tcp)
            {
                continue;
            }

            var pids = facts.Owners.Pids(entry.Inode);
            if (pids.IsEmpty)
            {
                unseen++;
                continue;
            }

            // A forked family shares the descriptor; the lowest pid is as good a place to look as any.
            var first = pids[0];
            byProcess[first] = byProcess.GetValueOrDefault(first) + 1;
        }

        foreach (var (pid, count) in byProcess.Where(p => p.Value >= PortChart.ManyCloseWait).OrderByDescending(p => p.Value).ThenBy(
            p => p.Key))
        {
            warnings.Add(CloseWait(count, facts.Processes.TryGetValue(pid, out var process) ? process : null, pid));
        }

        if (unseen >= PortChart.ManyCloseWait)
        {
            warnings.Add(new ChartWarning("close-wait", string.Create(
                CultureInfo.InvariantCulture,
                $"{unseen:N0} connections are in CLOSE-WAIT: their peers have closed them, but a hidden process has not")));
        }
    }

    private static ChartWarning CloseWait(int count, ProcessInfo? process, int pid)
    {
        var who = process is null ? $"process {pid}" : $"{process.Name} ({pid})";
        return new ChartWarning("close-wait", string.Create(
            CultureInfo.InvariantCulture,
            $"{count:N0} connections of {who} are in CLOSE-WAIT: their peers have closed them, but the program has not"));
    }
}
