using Portolan.Model.Documents;
using Portolan.Scan.Documents;

namespace Portolan.Tests.Documents;

/// <summary>Checks are written as they always were, whatever their steps found.</summary>
public sealed class RecordedCheckTests
{
    [Fact]
    public void Checks()
    {
        Check("check", CheckDocument.Of(CheckCorpus.Verdicts, DocumentCorpus.Noon, DocumentCorpus.Host));
        Check("check-empty", CheckDocument.Of([], DocumentCorpus.Noon, ""));
    }

    private static void Check(string name, CheckDocument document)
    {
        var stream = new MemoryStream();
        JsonOutput.WriteDocument(stream, document, ScanDocuments.Default.CheckDocument);
        RecordedDocument.AssertSame(name, stream.ToArray());
    }
}
