using System.Diagnostics;
using System.Globalization;
using Portolan.TunScenarios;

namespace Portolan.StackScenarios;

/// <summary>
/// A million established connections in one process: of one stack, whose clients are packets written by hand; and of two stacks on a wire,
/// whose both ends count. Each run is a process of its own, for what the kernel says of its memory.
/// </summary>
internal static class MillionScenario
{
    private const int Spoken = 10_000;

    private static readonly string[] Kinds = ["one stack", "two stacks, both ends counted"];

    internal static int Run(string[] args, int count, int runs, string? folder)
    {
        if (args is [_, "--kind", var kind, ..])
        {
            using ManyConnections made = kind == Kinds[0] ? new ManyOfOneStack() : new ManyOfTwoStacks();
            Measure(made, kind, count);
            return 0;
        }

        var report = new Report();
        for (var run = 0; run < runs; run++)
        {
            foreach (var each in Kinds)
            {
                foreach (var (figure, value) in Child(each, count))
                {
                    report.Note(figure, value);
                }
            }
        }

        report.Write("million", $"{count:#,0} connections in one process", $"bench/stack {string.Join(' ', args)}", folder);
        return 0;
    }

    private static List<(string Figure, double Value)> Child(string kind, int count)
    {
        var start = new ProcessStartInfo(
            Environment.ProcessPath!,
            ["million", "--kind", kind, "--count", count.ToString(CultureInfo.InvariantCulture)])
        { RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        var lines = process.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        process.WaitForExit();
        return process.ExitCode == 0
            ? [.. lines.Select(static l => l.Split('\t')).Select(static p => (p[0], double.Parse(p[1], CultureInfo.InvariantCulture)))]
            : throw new InvalidOperationException($"{kind} ended with {process.ExitCode}");
    }

    private static void Measure(ManyConnections made, string kind, int count)
    {
        var (heap, resident) = (GC.GetTotalMemory(forceFullCollection: true), Resident());
        var start = Stopwatch.GetTimestamp();
        made.Open(count);
        Note("opened, s", Stopwatch.GetElapsedTime(start).TotalSeconds);
        Note("resident when the last is open, MB", Resident() / 1e6);
        made.Rest();
        Note("managed memory, bytes for each connection", (double)(GC.GetTotalMemory(forceFullCollection: true) - heap) / count);
        Note("packet memory in use, bytes for each connection", (double)made.PoolBytes / count);
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive);
        Note("resident at rest, MB", Resident() / 1e6);
        Note("resident at rest, bytes for each connection", (double)(Resident() - resident) / count);
        start = Stopwatch.GetTimestamp();
        var answered = made.Speak(Spoken);
        Note($"{Spoken} segments on random connections, µs each", Stopwatch.GetElapsedTime(start).TotalMicroseconds / Spoken);
        Note($"{Spoken} segments on random connections, answered", answered);
        if (made.Count != count || answered != Spoken)
        {
            throw new InvalidOperationException($"{made.Count} connections, and {answered} answers to {Spoken} segments");
        }

        void Note(string figure, double value) =>
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{kind}: {figure}\t{value:f3}"));
    }

    /// <summary>Bytes of the process in memory, of /proc.</summary>
    private static long Resident() =>
        long.Parse(File.ReadAllText("/proc/self/statm").Split(' ')[1], CultureInfo.InvariantCulture) * Environment.SystemPageSize;
}
