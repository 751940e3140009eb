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
public sealed record MachineLook(DateTimeOffset At, int Ports, IReadOnlyList<MissingFact> Missing, IReadOnlyList<WatchEvent> Events)
{
    /// <summary>The ports that are served, each once for a row.</summary>
    public IReadOnlyList<(TransportProtocol Protocol, PortNumber Port)> Served { get; init; } = [];

    /// <summary>The ports that this machine gives to clients; <c>null</c> where that is not known.</summary>
    public EphemeralRange? Ephemeral { get; init; }
}

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

    // A look draws far more than is needed until the next: from so much on it is given back to the kernel.
    private const long ManyBytes = 16 * 1024 * 1024;

    // Verdicts are kept while rules and routes stay: a look at a machine that rests judges nothing.
    private readonly VerdictMemory _verdicts = new();

    /// <summary>The listeners that the kernel reported between looks; <c>null</c> where it reports nothing.</summary>
    public ListenerBook? Book { get; init; }

    /// <summary>Looks.</summary>
    /// <exception cref="PortolanException">The machine cannot be read, or the store cannot be written: the look is not in it.</exception>
    public MachineLook Look(CancellationToken cancellationToken)
    {
        var look = Record(cancellationToken);
        if (GC.GetTotalMemory(forceFullCollection: false) > ManyBytes)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        }

        return look;
    }

    private MachineLook Record(CancellationToken cancellationToken)
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
        var events = new List<WatchEvent>();
        if (Book?.TakeGone(chart.Facts) is { Count: > 0 } gone)
        {
            // As if they had been looked at: they open in this look, and the next finds them closed.
            var before = takenAt.AddMilliseconds(-1);
            events.AddRange(Record(chart, GoneListener.Draw(chart.Facts, gone), before, cancellationToken).Events);
        }

        var look = Record(chart, chart.Rows, takenAt, cancellationToken);
        return look with { Events = [.. events, .. look.Events] };
    }

    private MachineLook Record(MachineChart chart, ChartModel rows, DateTimeOffset at, CancellationToken cancellationToken)
    {
        var judged = chart.Judge.Judge(rows, cancellationToken);
        IReadOnlyList<MissingFact> missing = [.. HiddenOwners.Missing(chart.Facts, judged.HiddenOwners), .. chart.Judge.Missing];
        using var document = new MemoryStream();
        JsonOutput.WriteDocument(
            document, ChartDocument.Of(judged, chart.Facts, missing, at, machine), ReachabilityDocuments.Default.ChartDocument);
        document.Position = 0;
        var snapshot = SnapshotReader.Read(document, "the chart", new SnapshotOptions());
        var store = openStore();
        using var run = RunRecorder.Begin(store, clock, new RunRecord(RunKind.Chart, at, "portolan watch", snapshot.Format));
        ChartRecorder.Add(run, snapshot, document.ToArray(), at);
        run.End(snapshot.IsComplete, missRateBound: null);
        var reader = new HistoryReader(store);
        IReadOnlyList<WatchEvent> events = run.Changes == 0 ? [] : [.. FlapRule.Events(reader, reader.ChangesOf(run.Run, at))];
        return new MachineLook(at, judged.Rows.Count, missing, events)
        {
            Served = [.. judged.Rows.Select(static row => (row.Protocol, row.Port))],
            Ephemeral = chart.Facts.Ephemeral,
        };
    }
}
