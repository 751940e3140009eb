using System.Globalization;
using System.Text;
using Portolan.StackScenarios;

// The stack's figures, on one core and without a kernel. Each line of raw.csv is one run.
if (args is ["hostile", ..])
{
    return HostileReport.Run(args[1..]);
}

if (args is ["loans", ..])
{
    return await LoanSearch.RunAsync(args[1..]);
}

string? Value(string name) => Array.IndexOf(args, name) is >= 0 and var i && i + 1 < args.Length ? args[i + 1] : null;
if (args is ["million", ..])
{
    return MillionScenario.Run(
        args, int.Parse(Value("--count") ?? "1000000", CultureInfo.InvariantCulture),
        int.Parse(Value("--runs") ?? "3", CultureInfo.InvariantCulture), Value("--out"));
}

var runs = int.Parse(Value("--runs") ?? "5", CultureInfo.InvariantCulture);
var only = Value("--only");
var csv = new StringBuilder("figure,run,value\n");
var table = new StringBuilder("| figure | median | min | max |\n|---|---|---|---|\n");
var values = new SortedDictionary<string, List<double>>(StringComparer.Ordinal);

void Note(string figure, double value)
{
    if (!values.TryGetValue(figure, out var list))
    {
        values.Add(figure, list = []);
    }

    list.Add(value);
    csv.Append(CultureInfo.InvariantCulture, $"\"{figure}\",{list.Count},{value:f3}\n");
    Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{figure}: {value:f3}"));
}

bool Wants(string work) => only is null || only.Split(',').Contains(work, StringComparer.Ordinal);

for (var run = 0; run < runs; run++)
{
    if (Wants("stream"))
    {
        var (gigabits, forProcessor, allocated) = Scenarios.Stream(4_000_000_000);
        Note("stream, stack to stack, MTU 1500, Gb/s", gigabits);
        Note("stream, stack to stack, MTU 1500, Gb for each second of a processor", forProcessor);
        Note("stream, bytes allocated for each packet", allocated);
    }

    if (Wants("connects"))
    {
        foreach (var atOnce in (ReadOnlySpan<int>)[1, 64])
        {
            var (perSecond, forProcessor) = Scenarios.Connects(200_000, atOnce);
            Note($"connections opened and closed, {atOnce} at once, per second", perSecond);
            Note($"connections opened and closed, {atOnce} at once, for each second of a processor", forProcessor);
        }
    }

    if (Wants("connects-in-turn"))
    {
        foreach (var resting in (ReadOnlySpan<int>)[1000, 10_000])
        {
            var (perSecond, forProcessor) = Scenarios.ConnectsInTurn(200_000, resting);
            Note($"connections one after the other, packets of IP, {resting} resting at most, per second", perSecond);
            Note(
                $"connections one after the other, packets of IP, {resting} resting at most, for each second of a processor", forProcessor);
        }
    }

    if (Wants("syns"))
    {
        var (answers, _) = Scenarios.Syns(200_000, listens: true);
        Note("SYNs answered by SYN-ACK, per second", answers);
        var (resets, allocated) = Scenarios.Syns(400_000, listens: false);
        Note("SYNs answered by RST, per second", resets);
        Note("closed port, bytes allocated for each answer", allocated);
    }

    if (Wants("segments"))
    {
        var few = Scenarios.Segments(100, 200_000);
        var many = Scenarios.Segments(100_000, 200_000);
        Note("a segment among 100 connections, median ns", few.Median);
        Note("a segment among 100 connections, p99 ns", few.P99);
        Note("a segment among 100,000 connections, median ns", many.Median);
        Note("a segment among 100,000 connections, p99 ns", many.P99);
        Note("p99 among 100,000 as a multiple of p99 among 100", many.P99 / few.P99);
    }

    if (Wants("memory"))
    {
        Note("idle established connection, bytes", MemoryScenarios.Idle(50_000));
        Note("TIME-WAIT, bytes", MemoryScenarios.TimeWait(100_000));
        Note("half-open, bytes", MemoryScenarios.HalfOpen(100_000));
        var (flood, answered) = MemoryScenarios.Flood(200_000);
        Note("half-open under a flood, the queue of 1,024 full, bytes", flood);
        Note("the same, share of the SYNs that is answered", answered);
        var (range, own, specification) = HostScenarios.OfLab(20_000);
        Note("idle host of a lab, one of a range, bytes", range);
        Note("idle host of a lab, one of its own, bytes", own);
        Note("the entry of a host of its own in a topology, bytes", specification);
        Note("a stack of its own with a thread, idle, bytes", HostScenarios.Stack(200));
    }
}

foreach (var (figure, list) in values)
{
    list.Sort();
    table.Append(CultureInfo.InvariantCulture, $"| {figure} | {list[list.Count / 2]:#,0.##} | {list[0]:#,0.##} | {list[^1]:#,0.##} |\n");
}

var processor = File.ReadLines("/proc/cpuinfo").FirstOrDefault(
    static l => l.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim() ?? "unknown processor";
var notes = $"""
    # The stack in memory

    - kernel: {File.ReadAllText("/proc/sys/kernel/osrelease").Trim()}, {Environment.ProcessorCount} processors, {processor}
    - load average: {File.ReadAllText("/proc/loadavg").Trim()}
    - one thread; wall time; .NET {Environment.Version}
    - made by: `bench/stack memory {string.Join(' ', args)}`


    """;
RunFiles.Write(Value("--out"), ("raw.csv", csv.ToString()), ("summary.md", notes + table));
return 0;
