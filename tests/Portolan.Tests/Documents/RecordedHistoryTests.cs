using System.Text.Json.Serialization.Metadata;
using Portolan.Model;
using Portolan.Model.Documents;
using Portolan.Watch.Documents;
using Portolan.Watch.Recording;

namespace Portolan.Tests.Documents;

/// <summary>What the store answers and what changed are written as they always were.</summary>
public sealed class RecordedHistoryTests
{
    private static readonly HistoryAnswer Empty = new([], [], [], false, []);

    [Fact]
    public void What_the_store_knows()
    {
        var answer = new HistoryAnswer(HistoryCorpus.Hosts, HistoryCorpus.Ports, HistoryCorpus.Stored, true, DocumentCorpus.Missing);
        Check(
            "history", HistoryDocument.Of(answer, DocumentCorpus.Hostile, DocumentCorpus.Noon), WatchDocuments.Default.HistoryDocument);
        Check("history-empty", HistoryDocument.Of(Empty, "", DocumentCorpus.Noon), WatchDocuments.Default.HistoryDocument);
    }

    [Fact]
    public void A_moment() => Check(
        "moment",
        MomentDocument.Of(
            HistoryCorpus.Moments, new PortNumber(443), DocumentCorpus.Noon, DocumentCorpus.Noon.AddDays(1), DocumentCorpus.Missing,
            DocumentCorpus.Hostile, DocumentCorpus.Noon),
        WatchDocuments.Default.MomentDocument);

    [Fact]
    public void A_difference()
    {
        var comparison = HistoryCorpus.Comparison();
        Check("diff", DiffDocument.Of(comparison, true, DocumentCorpus.Noon), WatchDocuments.Default.DiffDocument);
        Check(
            "diff-empty", DiffDocument.Of(comparison with { Changes = [] }, null, DocumentCorpus.Noon),
            WatchDocuments.Default.DiffDocument);
    }

    private static void Check<T>(string name, T document, JsonTypeInfo<T> type)
    {
        var stream = new MemoryStream();
        JsonOutput.WriteDocument(stream, document, type);
        RecordedDocument.AssertSame(name, stream.ToArray());
    }
}
