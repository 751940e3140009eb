using Portolan.Reachability.Charting;
using Portolan.Reachability.Judging;
using Portolan.Sockets.Chart;
using Portolan.Sockets.Owners;

namespace Portolan.Reachability.Composing;

/// <summary>What a chart is to show.</summary>
public sealed record ChartScope
{
    /// <summary>Whether the sockets of every network namespace are listed.</summary>
    public bool AllNamespaces { get; init; }

    /// <summary>Whether UDP sockets of clients are rows too.</summary>
    public bool Everything { get; init; }

    /// <summary>What is read of each process.</summary>
    public ProcessFields Fields { get; init; } = ProcessFields.Document | ProcessFields.Paths;

    /// <summary>How long judging may take; <c>null</c> for as long as it needs.</summary>
    public TimeSpan? JudgeTime { get; init; } = EvaluationBudget.Usual;

    /// <summary>Verdicts of the chart before, for this network namespace; <c>null</c> where all are judged.</summary>
    public VerdictMemory? Memory { get; init; }
}

/// <summary>The chart of a machine: its sockets with their owners, read, and who judges their rows.</summary>
public sealed class MachineChart : IDisposable
{
    private readonly EvaluationBudget _time;

    private MachineChart(MachineFacts facts, ChartModel rows, ReachChart judge, EvaluationBudget time) =>
        (Facts, Rows, Judge, _time) = (facts, rows, judge, time);

    /// <summary>What was read.</summary>
    public MachineFacts Facts { get; }

    /// <summary>The rows, without verdicts.</summary>
    public ChartModel Rows { get; }

    /// <summary>Adds verdicts to rows, and says what could not be judged.</summary>
    public ReachChart Judge { get; }

    /// <summary>Reads a machine.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="scope">What of it.</param>
    /// <param name="cancellationToken">Stops the reading, and judging later on.</param>
    public static MachineChart Read(Machine machine, ChartScope scope, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(machine);
        ArgumentNullException.ThrowIfNull(scope);
        var survey = machine.Survey();
        var facts = survey.ForChart(scope.AllNamespaces, scope.Fields, cancellationToken);
        var sockets = ForwardSurvey.Sockets();
        var time = new EvaluationBudget(scope.JudgeTime, machine.Clock, cancellationToken);
        var judge = new ReachChart(
            facts, space => Firewall(machine, space, scope, cancellationToken),
            (rules, host) => (machine.MakeJudge ?? throw new InvalidOperationException("no judge of rules was given"))(rules, host))
        {
            WithHolders = forward => ForwardSurvey.WithHolders(machine, forward, sockets, cancellationToken),
            Everywhere = scope.AllNamespaces ? null : () => survey.ListenersEverywhere(cancellationToken),
            Refusals = () => machine.ReadRefusals(cancellationToken),
            Time = time,
            Memory = scope.Memory,
        };
        return new MachineChart(facts, PortChart.Build(facts, everything: scope.Everything), judge, time);
    }

    private static FirewallReading Firewall(Machine machine, NetworkNamespace space, ChartScope scope, CancellationToken cancellationToken)
    {
        var reading = machine.FirewallOf(space, cancellationToken);
        return space.IsOwn && scope.Memory is { } memory ? memory.Begin(reading) : reading;
    }

    /// <inheritdoc/>
    public void Dispose() => _time.Dispose();
}
