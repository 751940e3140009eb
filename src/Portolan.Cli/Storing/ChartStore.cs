using System.Text.Json;
using Portolan.Cli.Hosting;
using Portolan.Cli.Output;
using Portolan.Model;
using Portolan.Store.Tables;
using Portolan.Watch.Recording;
using Portolan.Watch.Snapshots;

namespace Portolan.Cli.Storing;

/// <summary>Adds the chart of this machine to the store.</summary>
internal static class ChartStore
{
    /// <summary>Adds it and says so.</summary>
    /// <param name="path">The store.</param>
    /// <param name="writeMembers">Writes the document's members.</param>
    /// <param name="takenAt">When it was drawn.</param>
    /// <param name="context">The clock and stderr.</param>
    /// <exception cref="PortolanException">The store cannot be written.</exception>
    public static void Add(string path, Action<Utf8JsonWriter> writeMembers, DateTimeOffset takenAt, CommandContext context)
    {
        using var document = new MemoryStream();
        JsonOutput.WriteDocument(document, writeMembers);
        document.Position = 0;
        var chart = SnapshotReader.Read(document, "the chart", new SnapshotOptions());
        var store = StoreOption.OpenForWriting(path, context);
        using var run = RunRecorder.Begin(
            store, context.Clock, new RunRecord(RunKind.Chart, takenAt, string.Join(' ', context.Arguments), chart.Format));
        ChartRecorder.Add(run, chart, document.ToArray(), takenAt);
        run.End(chart.IsComplete, missRateBound: null);
        context.Error.WriteLine($"portolan: {StoredWords.Of(run, isChart: true)}");
    }
}
