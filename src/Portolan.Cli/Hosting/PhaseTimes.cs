using System.Diagnostics;
using System.Globalization;
using Portolan.Firewall.Host;
using Portolan.Firewall.Rules;
using Portolan.Reachability.Judging;

namespace Portolan.Cli.Hosting;

/// <summary>
/// Where the time of one run goes, for whoever measures this very program (bench/README.md): with <c>PORTOLAN_TIMES=1</c> in the
/// environment each kind of work stands on stderr with its milliseconds when the run ends. Without it nothing is wrapped.
/// </summary>
internal sealed class PhaseTimes
{
    private const string Variable = "PORTOLAN_TIMES";

    private readonly List<(string Work, int Calls, TimeSpan Time)> _works = [];
    private readonly long _start = Stopwatch.GetTimestamp();

    private PhaseTimes()
    {
    }

    /// <summary>The times, or <c>null</c> when nobody asked for them.</summary>
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
        Add("all since Main", Stopwatch.GetElapsedTime(_start));
        foreach (var (work, calls, time) in _works)
        {
            writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"time: {work}, {calls} calls, {time.TotalMilliseconds:F3} ms"));
        }

        writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"memory: allocated {GC.GetTotalAllocatedBytes() >> 10} KiB, resident {Environment.WorkingSet >> 10} KiB"));
    }

    private T Measure<T>(string work, Func<T> run)
    {
        var start = Stopwatch.GetTimestamp();
        try
        {
            return run();
        }
        finally
        {
            Add(work, Stopwatch.GetElapsedTime(start));
        }
    }

    private void Add(string work, TimeSpan time)
    {
        var at = _works.FindIndex(known => known.Work == work);
        if (at < 0)
        {
            _works.Add((work, 1, time));
        }
        else
        {
            _works[at] = (work, _works[at].Calls + 1, _works[at].Time + time);
        }
    }
}
