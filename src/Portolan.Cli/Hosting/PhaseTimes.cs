using System.Diagnostics;
using System.Globalization;
using Portolan.Firewall.Host;
using Portolan.Firewall.Rules;
using Portolan.Reachability.Judging;

namespace Portolan.Cli.Hosting;

/// <summary>
/// Where the time of one run goes, to measure this very program (bench/README.md): with <c>PORTOLAN_TIMES=1</c> in the
/// environment each kind of work stands on stderr when the run ends, with its milliseconds by the clock and of the processors. Without it
/// nothing is wrapped.
/// </summary>
internal sealed class PhaseTimes
{
    private const string Variable = "PORTOLAN_TIMES";

    private readonly List<(string Work, int Calls, TimeSpan Time, TimeSpan Processor, long Bytes)> _works = [];
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly TimeSpan _processorStart = Environment.CpuUsage.TotalTime;

    private PhaseTimes()
    {
    }

    /// <summary>The times, or <c>null</c> unless requested.</summary>
    public static PhaseTimes? FromEnvironment(Func<string, string?> environment) => environment(Variable) == "1" ? new PhaseTimes() : null;

    /// <summary>The same reader, measured.</summary>
    public Func<T> Of<T>(string work, Func<T> read) => () => Measure(work, read);

    /// <summary>The same judge, measured: making it ready and its answers, one by one.</summary>
    public Func<Ruleset, HostFacts, Judgement> Of(Func<Ruleset, HostFacts, Judgement> make) => (rules, host) =>
    {
        var judge = Measure("make judge", () => make(rules, host));
        return (query, cancellationToken) => Measure("judge", () => judge(query, cancellationToken));
    };

    /// <summary>Says them.</summary>
    public void Write(TextWriter writer)
    {
        Add(
            "all since Main", Stopwatch.GetElapsedTime(_start), Environment.CpuUsage.TotalTime - _processorStart,
            GC.GetTotalAllocatedBytes());
        foreach (var (work, calls, time, processor, bytes) in _works)
        {
            writer.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"time: {work}, {calls} calls, {time.TotalMilliseconds:F3} ms, {processor.TotalMilliseconds:F3} ms of processor, "
                    + $"{bytes >> 10} KiB allocated"));
        }

        writer.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"memory: {GC.GetTotalAllocatedBytes() >> 10} KiB allocated, {Environment.WorkingSet >> 10} KiB resident, "
                + $"{GC.CollectionCount(0)} collections, {GC.CollectionCount(2)} of them whole"));
    }

    private T Measure<T>(string work, Func<T> run)
    {
        var (start, processor, bytes) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime, GC.GetTotalAllocatedBytes());
        try
        {
            return run();
        }
        finally
        {
            Add(work, Stopwatch.GetElapsedTime(start), Environment.CpuUsage.TotalTime - processor, GC.GetTotalAllocatedBytes() - bytes);
        }
    }

    private void Add(string work, TimeSpan time, TimeSpan processor, long bytes)
    {
        var at = _works.FindIndex(known => known.Work == work);
        if (at < 0)
        {
            _works.Add((work, 1, time, processor, bytes));
        }
        else
        {
            _works[at] = (work, _works[at].Calls + 1, _works[at].Time + time, _works[at].Processor + processor, _works[at].Bytes + bytes);
        }
    }
}
