using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Portolan.TunScenarios.Connecting;

namespace Portolan.TunScenarios.Lwip;

/// <summary>
/// The stack beside lwIP, in turn and at the same work: one stream each way between the kernel and a TUN device without offload,
/// connections over it, and both in memory. Over TUN all is timed at the kernel's end.
/// </summary>
internal static class LwipScenario
{
    private const long Warming = 256L << 20;
    private const long Whole = 1024L << 20;
    private const int WarmingConnections = 150_000;
    private const long MemoryBytes = 4_000_000_000;

    private const string Lwip = "lwIP";
    private const string LwipStream = $"stream in memory: {Lwip}, Gb";
    private const string StackStream = "stream in memory: stack, Gb";
    private const string Wall = "per second";
    private const string Processor = "for each second of a processor";

    /// <summary>Connections under way over TUN. lwIP walks a list of its connections for each segment.</summary>
    private static readonly int[] AtOnce = [64, 1024];

    /// <summary>
    /// All rest in TIME-WAIT, which lwIP keeps in a list that it walks; beyond 16,384 it has no port left. In the stack as many rest at
    /// most.
    /// </summary>
    private static readonly int[] MemoryConnections = [1000, 10_000];

    private static readonly (string Name, Func<StreamPeer> Stream, Func<ConnectServer> Connect)[] Peers =
    [
        (Lwip, static () => new LwipStreamPeer(), ProcessConnectServer.Lwip),
        ("stack", static () => new StackStreamPeer(runsInline: false), static () => ProcessConnectServer.Stack()),
        ("stack, inline", static () => new StackStreamPeer(runsInline: true), static () => ProcessConnectServer.Stack(StackServer.Inline)),

        // The kernel takes what the stack sends on a thread of its own (TunOptions.UsesKernelThread), which lwIP's port for TUN has no word
        // for.
        ("stack, kernel thread", static () => new StackStreamPeer(runsInline: false, usesKernelThread: true),
            static () => ProcessConnectServer.Stack(StackServer.KernelThread)),
        ("stack, inline, kernel thread", static () => new StackStreamPeer(runsInline: true, usesKernelThread: true),
            static () => ProcessConnectServer.Stack(StackServer.Inline, StackServer.KernelThread)),
    ];

    internal static void Run(Report report, int runs, int count, Func<string, bool> wants)
    {
        // The first turn is for the compiler.
        for (var run = -1; run < runs; run++)
        {
            report.IsQuiet = run < 0;
            foreach (var (name, stream, connect) in Peers)
            {
                Stream(report, $"from the kernel over TUN: {name}", stream, ToPeer, wants);
                Stream(report, $"to the kernel over TUN: {name}", stream, FromPeer, wants);
                foreach (var atOnce in AtOnce.Where(a => wants(Connects(a, name))))
                {
                    ConnectScenario.Measure(report, Connects(atOnce, name), connect, WarmingConnections, count, atOnce, clients: 1);
                }
            }

            if (run >= 0 && wants("in memory"))
            {
                InMemory(report);
            }
        }

        foreach (var (name, _, _) in Peers[1..])
        {
            foreach (var line in (string[])["from the kernel over TUN", "to the kernel over TUN"])
            {
                report.Ratio($"{line}: {name} against {Lwip}", $"{line}: {name}, Gb/s", $"{line}: {Lwip}, Gb/s");
            }

            foreach (var atOnce in AtOnce)
            {
                report.Ratio(
                    $"{Connects(atOnce, name)} against {Lwip}", $"{Connects(atOnce, name)}, connections per second",
                    $"{Connects(atOnce, Lwip)}, connections per second");
            }
        }

        foreach (var measure in (string[])[Wall, Processor])
        {
            report.Ratio($"stream in memory: stack against {Lwip}, {measure}", $"{StackStream}, {measure}", $"{LwipStream}, {measure}");
            foreach (var all in MemoryConnections)
            {
                report.Ratio(
                    $"connects in memory: stack against {Lwip}, {all} resting at most, {measure}", $"{StackConnects(all)}, {measure}",
                    $"{LwipConnects(all)}, {measure}");
            }
        }
    }

    private static void Stream(
        Report report, string figure, Func<StreamPeer> make, Action<StreamPeer, Meter> transfer, Func<string, bool> wants)
    {
        if (!wants(figure))
        {
            return;
        }

        using var peer = make();
        var meter = new Meter(Warming, Whole);
        var own = Environment.CpuUsage.TotalTime;
        transfer(peer, meter);
        var processor = Environment.CpuUsage.TotalTime - own + peer.Processor;
        report.Note($"{figure}, Gb/s", meter.GigabitsPerSecond);
        report.Note(
            $"{figure}, processor ns for each 1,448 bytes, both ends, from the start", processor.TotalNanoseconds / (Whole / 1448.0));
    }

    /// <summary>The end of the time is when the peer has read all and closed.</summary>
    private static void ToPeer(StreamPeer peer, Meter meter)
    {
        peer.Serve();
        using var socket = KernelEnd.Connect(peer.Host, StreamPeer.PeerEndPoint);
        KernelEnd.OnThread(() =>
        {
            var block = new byte[KernelEnd.BlockLength];
            for (var left = Whole; left > 0; left -= block.Length)
            {
                KernelEnd.SendAll(socket, block.AsSpan(0, (int)Math.Min(left, block.Length)));
                meter.Add(left > block.Length ? block.Length : 0);
            }

            socket.Shutdown(SocketShutdown.Send);
            var rest = socket.Receive(block);
            meter.Add(rest == 0 ? block.Length : throw new InvalidOperationException("the peer sent something"));
            meter.End();
        }).Wait();
    }

    private static void FromPeer(StreamPeer peer, Meter meter)
    {
        using var listener = KernelEnd.Listen(peer.Host, IPAddress.Any.ToString());
        peer.Prepare(((IPEndPoint)listener.LocalEndPoint!).Port, Whole);
        peer.Begin();
        using var socket = listener.Accept();
        KernelEnd.Receive(socket, meter).Wait();
    }

    private static void InMemory(Report report)
    {
        Both(LwipStream, LwipProgram.Figures("memory", MemoryBytes.ToString(CultureInfo.InvariantCulture)));
        Both(StackStream, Own("stream", "Gb"));
        foreach (var all in MemoryConnections)
        {
            Both(LwipConnects(all), LwipProgram.Figures("memory-connects", all.ToString(CultureInfo.InvariantCulture)));
            Both(StackConnects(all), Own("connects-in-turn", $", {all} resting"));
        }

        void Both(string figure, (double PerSecond, double ForProcessor) values)
        {
            report.Note($"{figure}, {Wall}", values.PerSecond);
            report.Note($"{figure}, {Processor}", values.ForProcessor);
        }
    }

    private static string Connects(int atOnce, string name) => $"connects over TUN, {atOnce} at once: {name}";

    private static string StackConnects(int resting) => $"connects in memory: stack, {resting} resting at most";

    private static string LwipConnects(int count) => $"connects in memory: {Lwip}, {count} in all";

    /// <summary>
    /// Two figures of the program of <c>bench/stack memory</c>, in a process of its own: per second, and for each second of a processor.
    /// The first turns are for the compiler.
    /// </summary>
    private static (double PerSecond, double ForProcessor) Own(string work, string figure)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "../../Portolan.StackScenarios/release/Portolan.StackScenarios");
        using var process = Process.Start(
            new ProcessStartInfo(
                program, ["--runs", "3", "--only", work])
            { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var rest = process.StandardOutput.ReadToEndAsync();
        var lines = process.StandardError.ReadToEnd().Split('\n');
        process.WaitForExit();
        rest.Wait();
        var values = lines.Where(l => l.Contains(figure, StringComparison.Ordinal))
            .Select(static l => double.Parse(l[(l.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture)).ToArray();
        return values is [.., var perSecond, var forProcessor]
            ? (perSecond, forProcessor)
            : throw new InvalidOperationException($"{program} said nothing of {figure}: {string.Join('\n', lines)}");
    }
}
