using System.Globalization;
using Portolan.Scan.Formats;
using Portolan.Watch.Changes;

namespace Portolan.Cli.Diffing;

/// <summary>
/// Writes a comparison as JUnit's XML: a test case for each kind of change that <c>--fail-on</c> names, or for every kind without it. It
/// fails where there are such changes, and lists them.
/// </summary>
internal static class DiffJUnit
{
    /// <summary>Writes the document.</summary>
    public static void Write(Utf8Writer output, Comparison comparison, FailOn? failOn, DateTimeOffset now)
    {
        failOn ??= new FailOn(ChangeKinds.All, TakesUncertain: true);
        var found = new List<(ChangeKind Kind, List<Change> Changes)>();
        var failures = 0;
        foreach (var kind in failOn.Kinds)
        {
            found.Add((kind, [.. comparison.Changes.Where(change => change.Kind == kind && failOn.Matches(change))]));
            failures += found[^1].Changes.Count > 0 ? 1 : 0;
        }

        output.Write("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"u8);
        var counts = string.Create(CultureInfo.InvariantCulture, $" tests=\"{found.Count}\" failures=\"{failures}\" errors=\"0\"");
        output.Write($"<testsuites{counts} time=\"0.000\">\n");
        output.Write($"  <testsuite name=\"portolan diff\"{counts} skipped=\"0\" time=\"0.000\"");
        output.Write($" timestamp=\"{now.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss}\">\n");
        foreach (var (kind, changes) in found)
        {
            WriteCase(output, comparison, kind, changes);
        }

        output.Write("  </testsuite>\n</testsuites>\n"u8);
    }

    private static void WriteCase(Utf8Writer output, Comparison comparison, ChangeKind kind, List<Change> changes)
    {
        output.Write("    <testcase classname=\""u8);
        XmlText.Write(output, $"{comparison.A.Source} {comparison.B.Source}");
        output.Write($"\" name=\"{kind.Name()}\" time=\"0.000\"");
        if (changes.Count == 0)
        {
            output.Write("/>\n"u8);
            return;
        }

        output.Write($">\n      <failure message=\"{DiffWords.Count(changes.Count, "change")}\" type=\"failure\">");
        foreach (var change in changes)
        {
            var words = new[] { DiffWords.Host(change, comparison), ChangeWords.Ports(change), DiffWords.Text(change, comparison) };
            XmlText.Write(output, string.Join(' ', words.Where(static word => word.Length > 0)));
            output.Write('\n');
        }

        output.Write("</failure>\n    </testcase>\n"u8);
    }
}
