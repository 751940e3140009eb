using System.Globalization;
using Portolan.Scan.Formats;

namespace Portolan.Scan.Checking;

/// <summary>
/// Writes verdicts as JUnit's XML, as build servers read it: one suite for the run, a test case for each expectation of each target, or for
/// the target itself where nothing was expected. What this host could not find out is an <c>error</c>, not a <c>failure</c>.
/// </summary>
public static class JUnitWriter
{
    /// <summary>Writes the document.</summary>
    /// <param name="output">Takes it.</param>
    /// <param name="verdicts">In the order of the command line.</param>
    /// <param name="startedAt">When the run began, UTC.</param>
    /// <param name="host">This host's name.</param>
    public static void Write(Utf8Writer output, IReadOnlyList<CheckVerdict> verdicts, DateTimeOffset startedAt, string host)
    {
        var (tests, failures, errors, time) = (0, 0, 0, TimeSpan.Zero);
        foreach (var verdict in verdicts)
        {
            time += verdict.Report.Elapsed;
            foreach (var (_, met, _) in CasesOf(verdict))
            {
                tests++;
                failures += met == false ? 1 : 0;
                errors += met is null ? 1 : 0;
            }
        }

        output.Write("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"u8);
        var counts = string.Create(CultureInfo.InvariantCulture, $" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\"");
        output.Write($"<testsuites{counts} time=\"{Seconds(time)}\">\n");
        output.Write($"  <testsuite name=\"portolan check\"{counts} skipped=\"0\" time=\"{Seconds(time)}\" "
            + $"timestamp=\"{startedAt.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss}\" hostname=\"");
        XmlText.Write(output, host);
        output.Write("\">\n"u8);
        foreach (var verdict in verdicts)
        {
            WriteCases(output, verdict);
        }

        output.Write("  </testsuite>\n</testsuites>\n"u8);
    }

    private static void WriteCases(Utf8Writer output, CheckVerdict verdict)
    {
        // The steps and the time are the target's: they stand once, at its first case that failed, or else at its first, so that the times
        // add up.
        var cases = CasesOf(verdict).ToList();
        var main = Math.Max(0, cases.FindIndex(c => c.Met != true));
        for (var i = 0; i < cases.Count; i++)
        {
            var (name, met, actual) = cases[i];
            output.Write("    <testcase classname=\""u8);
            XmlText.Write(output, verdict.Report.Target.Text);
            output.Write("\" name=\""u8);
            XmlText.Write(output, name);
            output.Write($"\" time=\"{Seconds(i == main ? verdict.Report.Elapsed : TimeSpan.Zero)}\">\n");
            if (met != true)
            {
                var element = met is null ? "error" : "failure";
                output.Write($"      <{element} message=\"");
                XmlText.Write(output, actual);
                output.Write($"\" type=\"{element}\"/>\n");
            }

            if (i == main)
            {
                WriteSteps(output, verdict.Report);
            }

            output.Write("    </testcase>\n"u8);
        }
    }

    private static void WriteSteps(Utf8Writer output, CheckReport report)
    {
        output.Write("      <system-out>"u8);
        foreach (var hop in report.Hops)
        {
            XmlText.Write(output, hop.Target.Url);
            output.Write('\n');
            foreach (var step in hop.Steps)
            {
                XmlText.Write(
                    output,
                    string.Create(
                        CultureInfo.InvariantCulture, $"{step.Kind} {step.Time.Elapsed.TotalMilliseconds:0.0} ms: {step.Summary}"));
                output.Write('\n');
            }
        }

        output.Write("</system-out>\n"u8);
    }

    private static IEnumerable<(string Name, bool? Met, string Actual)> CasesOf(CheckVerdict verdict)
    {
        if (verdict.Results.Count == 0)
        {
            yield return ("reached", verdict.Passed, verdict.Report.Summary);
        }

        foreach (var (expectation, met, actual) in verdict.Results)
        {
            yield return (expectation.Text, met, actual);
        }
    }

    private static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("0.000", CultureInfo.InvariantCulture);
}
