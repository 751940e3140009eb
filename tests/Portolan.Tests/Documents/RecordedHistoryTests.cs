using Portolan.Model;
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
        RecordedDocument.AssertSame(
            "history", HistoryDocument.Of(answer, DocumentCorpus.Hostile, DocumentCorpus.Noon), WatchDocuments.Default.HistoryDocument);
        RecordedDocument.AssertSame(
            "history-empty", HistoryDocument.Of(Empty, "", DocumentCorpus.Noon), WatchDocuments.Default.HistoryDocument);
    }

    [Fact]
    public void A_moment() => RecordedDocument.AssertSame(
        "moment",
        MomentDocument.Of(
            HistoryCorpus.Moments, new PortNumber(443), DocumentCorpus.Noon, DocumentCorpus.Noon.AddDays(1), DocumentCorpus.Missing,
            DocumentCorpus.Hostile, DocumentCorpus.Noon),
        WatchDocuments.Default.MomentDocument);

    [Fact]
    public void A_difference()
    {
        var comparison = HistoryCorpus.Comparison();
        RecordedDocument.AssertSame("diff", DiffDocument.Of(comparison, true, DocumentCorpus.Noon), WatchDocuments.Default.DiffDocument);
        RecordedDocument.AssertSame(
            "diff-empty", DiffDocument.Of(comparison with { Changes = [] }, null, DocumentCorpus.Noon),
            WatchDocuments.Default.DiffDocument);
    }
}
