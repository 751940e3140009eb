using System.Diagnostics;

namespace Portolan.TunScenarios.Connecting;

/// <summary>
/// Connections opened and closed in order by one client of the kernel's, to the stack over TUN and to the kernel over a virtual cable, in
/// turn.
/// </summary>
internal static class ConnectScenario
{
    private const int Warming = 20_000;
    private const int AtOnce = 64;

    private const string Peer = "kernel to kernel over veth";

    /// <summary>Threads of the client: with one, it is what others wait for; with two, the machine's processors are.</summary>
    private static readonly int[] Clients = [1, 2];

    private static readonly (string Name, Func<ConnectServer> Make)[] Servers =
    [
        (Peer, static () => new KernelConnectServer()),
        ("kernel to stack over TUN", static () => new StackConnectServer(runsInline: false)),
        ("kernel to stack over TUN, inline", static () => new StackConnectServer(runsInline: true)),
    ];

    internal static void Run(Report report, int runs, int count, Func<string, bool> wants)
    {
        // The first turn is for the compiler.
        for (var run = -1; run < runs; run++)
        {
            report.IsQuiet = run < 0;
            foreach (var clients in Clients)
            {
                foreach (var (name, make) in Servers.Where(server => wants(server.Name + Word(clients))))
                {
                    Measure(report, name + Word(clients), make, Warming, count, AtOnce, clients);
                }
            }
        }

        foreach (var word in Clients.Select(Word))
        {
            foreach (var (name, _) in Servers[1..])
            {
                report.Ratio(
                    $"{name}{word}, against {Peer}", $"{name}{word}, connections per second", $"{Peer}{word}, connections per second");
            }
        }
    }

    /// <summary>One run against one server, by so many threads.</summary>
    internal static void Measure(Report report, string name, Func<ConnectServer> make, int warming, int count, int atOnce, int clients)
    {
        using var server = make();
        var (start, processor, own) = (0L, TimeSpan.Zero, (TimeSpan?)null);
        using var warmed = new Barrier(
            clients,
            _ => (start, processor, own) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime + server.Processor,
                server.OwnProcessor));
        Task.WaitAll([.. Enumerable.Range(0, clients).Select(i => KernelEnd.OnThread(() => server.Client.Run(() =>
        {
            using var client = new ConnectClient([.. server.Destinations.Skip(i), .. server.Destinations.Take(i)]);
            client.Run(warming / clients, atOnce / clients);
            warmed.SignalAndWait();
            client.Run(count / clients, atOnce / clients);
        })))]);
        var perSecond = count / Stopwatch.GetElapsedTime(start).TotalSeconds;
        var each = (Environment.CpuUsage.TotalTime + server.Processor - processor).TotalMicroseconds / count;
        report.Note($"{name}, connections per second", perSecond);
        report.Note($"{name}, processor µs for each, both ends", each);
        if (server.OwnProcessor - own is { } outside)
        {
            report.Note($"{name}, processor µs for each, the server's without the kernel's", outside.TotalMicroseconds / count);
        }

        report.Note($"{name}, segments that the client sent again", server.Client.Run(SentAgain));
    }

    private static string Word(int clients) => clients == 1 ? ", 1 client" : $", {clients} clients";

    /// <summary>Segments that the kernel of the calling thread's namespace sent again.</summary>
    private static double SentAgain()
    {
        var lines = File.ReadLines("/proc/thread-self/net/snmp").Where(static l => l.StartsWith("Tcp:", StringComparison.Ordinal))
            .Select(static l => l.Split(' ')).ToArray();
        return double.Parse(lines[1][Array.IndexOf(lines[0], "RetransSegs")], System.Globalization.CultureInfo.InvariantCulture);
    }
}
