using Portolan.Cli.Hosting;
using Portolan.Model;
using Portolan.Model.Documents;
using Portolan.Reachability.Documents;
using Portolan.Sockets.Documents;
using Portolan.Store.Tables;
using Portolan.Watch.Recording;
using Portolan.Watch.Snapshots;

namespace Portolan.Cli.Storing;

/// <summary>Adds the chart of this machine to the store.</summary>
internal static class ChartStore
{
    /// <summary>Adds it and says so.</summary>
    /// <param name="path">The store.</param>
    /// <param name="chart">The chart.</param>
    /// <param name="takenAt">When it was drawn.</param>
    /// <param name="context">The clock and stderr.</param>
    /// <exception cref="PortolanException">The store cannot be written.</exception>
    public static void Add(string path, ChartDocument chart, DateTimeOffset takenAt, CommandContext context)
    {
        using var document = new MemoryStream();
        JsonOutput.WriteDocument(document, chart, ReachabilityDocuments.Default.ChartDocument);
        document.Position = 0;
        var snapshot = SnapshotReader.Read(document, "the chart", new SnapshotOptions());
        var store = StoreOption.OpenForWriting(path, context);
        using var run = RunRecorder.Begin(
            store, context.Clock, new RunRecord(RunKind.Chart, takenAt, string.Join(' ', context.Arguments), snapshot.Format));
        ChartRecorder.Add(run, snapshot, document.ToArray(), takenAt);
        run.End(snapshot.IsComplete, missRateBound: null);
        context.Error.WriteLine($"portolan: {StoredWords.Of(run, isChart: true)}");
    }
}
