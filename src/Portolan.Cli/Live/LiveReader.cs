using Portolan.Cli.Hosting;
using Portolan.Reachability.Charting;
using Portolan.Reachability.Composing;
using Portolan.Sockets.Chart;

namespace Portolan.Cli.Live;

/// <summary>Looks at the machine for the live screen. Verdicts are kept while rules and routes stay. For one look at a time.</summary>
internal sealed class LiveReader(CommandContext context, ChartScope scope)
{
    private readonly ChartScope _scope = scope with { Memory = new VerdictMemory() };

    /// <summary>Looks.</summary>
    public LiveLook Look(CancellationToken cancellationToken)
    {
        var since = context.Clock.GetTimestamp();
        var takenAt = context.Clock.GetUtcNow();
        using var read = MachineChart.Read(context.OpenMachine(), _scope, cancellationToken);
        var chart = read.Judge.Judge(read.Rows, cancellationToken);
        return new LiveLook
        {
            At = takenAt,
            Chart = chart,
            Facts = read.Facts,
            Missing = [.. HiddenOwners.Missing(read.Facts, chart.HiddenOwners), .. read.Judge.Missing],
            IsJudged = read.Judge.Own is not null,
            LacksPrivilege = read.Judge.LacksPrivilege,
            Managers = read.Judge.Own is { } judge ? ManagerLine.Of(judge.Rules) : "",
            Cost = context.Clock.GetElapsedTime(since),
        };
    }
}
