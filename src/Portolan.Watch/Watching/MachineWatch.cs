using Portolan.Model.Documents;
using Portolan.Reachability.Charting;
using Portolan.Reachability.Composing;
using Portolan.Reachability.Documents;
using Portolan.Sockets.Chart;
using Portolan.Sockets.Documents;
using Portolan.Sockets.Owners;
using Portolan.Store;
using Portolan.Store.Tables;
using Portolan.Watch.Recording;
using Portolan.Watch.Snapshots;

namespace Portolan.Watch.Watching;

/// <summary>A look of <see cref="MachineWatch"/>.</summary>
/// <param name="At">When.</param>
/// <param name="Ports">How many rows the chart had.</param>
/// <param name="Missing">What could not be learned.</param>
/// <param name="Events">What changed since the look before, which the store holds.</param>
public sealed record MachineLook(DateTimeOffset At, int Ports, IReadOnlyList<MissingFact> Missing, IReadOnlyList<WatchEvent> Events);

/// <summary>
/// Looks at this machine's ports again and again. Each look is added to the store. What changed since the last look in the store is
/// returned once it is lasting there. The first look that a store gets is its baseline: it has no events.
/// </summary>
/// <param name="open">Makes the acquirers of a look.</param>
/// <param name="openStore">Opens the store.</param>
/// <param name="clock">The clock.</param>
/// <param name="machine">The machine's name.</param>
public sealed class MachineWatch(Func<Machine> open, Func<HistoryStore> openStore, TimeProvider clock, string machine)
{
    private static readonly TimeSpan JudgeTime = TimeSpan.FromSeconds(2);

    // Verdicts are kept while rules and routes stay: a look at a machine that rests judges nothing.
    private readonly VerdictMemory _verdicts = new();

    /// <summary>Looks.</summary>
    /// <exception cref="PortolanException">The machine cannot be read, or the store cannot be written: the look is not in it.</exception>
    public MachineLook Look(CancellationToken cancellationToken)
    {
        var takenAt = clock.GetUtcNow();
        using var chart = MachineChart.Read(
            open(),
            new ChartScope
            {
                Fields = ProcessFields.Document | ProcessFields.Paths,
                JudgeTime = JudgeTime,
                Memory = _verdicts,
            },
            cancellationToken);
        var judged = chart.Judge.Judge(chart.Rows, cancellationToken);
        IReadOnlyList<MissingFact> missing = [.. HiddenOwners.Missing(chart.Facts, judged.HiddenOwners), .. chart.Judge.Missing];
        using var document = new MemoryStream();
        JsonOutput.WriteDocument(
            document, ChartDocument.Of(judged, chart.Facts, missing, takenAt, machine), ReachabilityDocuments.Default.ChartDocument);
        return new MachineLook(takenAt, judged.Rows.Count, missing, Record(document, takenAt));
    }

    private List<WatchEvent> Record(MemoryStream document, DateTimeOffset takenAt)
    {
        document.Position = 0;
        var snapshot = SnapshotReader.Read(document, "the chart", new SnapshotOptions());
        var store = openStore();
        using var run = RunRecorder.Begin(store, clock, new RunRecord(RunKind.Chart, takenAt, "portolan watch", snapshot.Format));
        ChartRecorder.Add(run, snapshot, document.ToArray(), takenAt);
        run.End(snapshot.IsComplete, missRateBound: null);
        return run.Changes == 0 ? []
            : [.. new HistoryReader(store).ChangesOf(run.Run, takenAt).Select(WatchEvent.Of).OfType<WatchEvent>()];
    }
}
