using System.Globalization;
using Portolan.Lab.Scenarios;
using Portolan.Lab.Scenarios.Holding;
using Portolan.Lab.Topology;
using Portolan.Model.Invocation;

namespace Portolan.Server.Lab;

/// <summary>The step of a lab's scenario whose sockets are open while a command runs.</summary>
/// <param name="Lesson">The scenario.</param>
/// <param name="Step">The number of the step, from 1.</param>
/// <param name="Plan">The sockets.</param>
internal sealed record LessonHold(string Lesson, int Step, HoldPlan Plan)
{
    private const int MostMissing = 4;

    /// <summary>Plays the scenario to find it.</summary>
    /// <param name="invocation">What was asked for.</param>
    /// <param name="topology">The lab as its file has it.</param>
    /// <returns><c>null</c> when none was asked for and none is usual: the lab has no scenario, or its file names a vantage.</returns>
    /// <exception cref="PortolanException">There is no such step, or the scenario cannot be played in this lab.</exception>
    internal static async Task<LessonHold?> FindAsync(LabInvocation invocation, LabTopology topology)
    {
        var isAsked = invocation.Step is not null;
        if (!invocation.HoldsLesson || (!isAsked && topology.Vantage is not null))
        {
            return null;
        }

        if (topology.Scenario is null)
        {
            return isAsked
                ? throw new PortolanException(
                    $"--at needs a scenario; the lab {topology.Name} has none",
                    $"leave out --at; portolan lab list shows which labs have a scenario", ExitCode.Usage)
                : null;
        }

        if (ScenarioFit.Find(topology, invocation.Topology!) is { } unfit)
        {
            return isAsked ? throw unfit : null;
        }

        _ = ScenarioCatalogue.TryFind(topology.Scenario, out var scenario);
        var report = await ScenarioPlayer.PlayAsync(scenario!, topology, invocation.Seed);
        List<HoldPlan> plans = [
            .. report.Steps.Select(s => HoldPlan.Of(s.Sockets ?? new StepSockets(null, []), report.Conversations, topology))];
        var last = plans.FindLastIndex(static p => p.HasConnection);
        var number = invocation.Step ?? (last >= 0 ? last : plans.FindLastIndex(static p => p.HasOpen)) + 1;
        return number >= 1 && number <= plans.Count
            ? new LessonHold(scenario!.Name, number, plans[number - 1])
            : isAsked ? throw NoStep(scenario!.Name, number, plans) : null;
    }

    /// <summary>Says what is open and where the command is.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="held">The sockets.</param>
    /// <param name="place">Where the command runs.</param>
    internal void Tell(TextWriter output, HeldSockets held, string place)
    {
        string[] hosts = [.. Plan.Hosts];
        var where = Plan.HasOpen ? $"its sockets are open at {Prose(hosts)}" : "no program has a socket open";
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"portolan: {Lesson} at step {Step}: {where}; the command runs at {place}"));
        string[] missing = [.. Plan.Left, .. held.Missing];
        foreach (var one in missing.Take(MostMissing))
        {
            output.WriteLine($"portolan: not open: {TerminalText.Escape(one)}");
        }

        if (missing.Length > MostMissing)
        {
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"portolan: not open: {missing.Length - MostMissing} more sockets"));
        }
    }

    private static PortolanException NoStep(string lesson, int number, List<HoldPlan> plans)
    {
        string[] open = [.. plans.Select(static (p, i) => (p.HasOpen, i + 1)).Where(static p => p.HasOpen)
            .Select(static p => p.Item2.ToString(CultureInfo.InvariantCulture))];
        var count = plans.Count.ToString(CultureInfo.InvariantCulture);
        return new PortolanException(
            $"{lesson} has no step {number.ToString(CultureInfo.InvariantCulture)}",
            open.Length == 0
                ? Advice.Of($"its steps are 1 to {count}, and none leaves sockets open")
                : Advice.Of($"its steps are 1 to {count}; sockets are open at {Advice.List(open)}"),
            ExitCode.Usage);
    }

    private static string Prose(string[] words) =>
        words.Length < 2 ? string.Concat(words) : $"{string.Join(", ", words[..^1])} and {words[^1]}";
}
