using Portolan.Scan.Documents;

namespace Portolan.Tests.Documents;

/// <summary>Checks are written as they always were, whatever their steps found.</summary>
public sealed class RecordedCheckTests
{
    [Fact]
    public void Checks()
    {
        RecordedDocument.AssertSame(
            "check", CheckDocument.Of(CheckCorpus.Verdicts, DocumentCorpus.Noon, DocumentCorpus.Host), ScanDocuments.Default.CheckDocument);
        RecordedDocument.AssertSame(
            "check-empty", CheckDocument.Of([], DocumentCorpus.Noon, ""), ScanDocuments.Default.CheckDocument);
    }
}
