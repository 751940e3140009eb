using System.Globalization;
using System.Text.Json;
using Portolan.Fleet.Messages;
using Portolan.Model.Documents;
using Portolan.Scan.Documents;
using Portolan.Scan.Formats;
using Portolan.Scan.Formats.Reading;

namespace Portolan.Fleet.Checks;

/// <summary>What a check came to from one zone. Everything that an agent wrote is hostile text.</summary>
/// <param name="Zone">The zone.</param>
/// <param name="Reply">The agent's answer; <c>null</c> for none.</param>
/// <param name="Silence">Why there is none.</param>
internal sealed record VantageLook(string Zone, CheckReply? Reply, string Silence)
{
    /// <summary>Its checks, as <c>portolan.check/1</c> has them.</summary>
    internal List<JsonElement> Checks { get; } =
        Reply?.Document is { } document ? [.. JsonFields.Items(document, "checks")] : [];

    /// <summary>Why nothing could be checked from there, or <c>null</c>.</summary>
    internal string? Problem => Reply is null ? Silence : Reply.Problem ?? (Checks.Count == 0 ? "the agent's answer cannot be read" : null);

    /// <summary>Whether everything passed; <c>null</c> when that could not be found out.</summary>
    internal bool? Passed => Problem is not null || Checks.Exists(static check => JsonFields.Flag(check, "passed") is null) ? null
        : Checks.TrueForAll(static check => JsonFields.Flag(check, "passed") == true);

    /// <summary>The state of a target's port, for the table.</summary>
    internal string StateOf(int index) => Problem is not null || index >= Checks.Count ? "-"
        : JsonFields.Flag(Checks[index], "passed") == false && JsonFields.Items(Checks[index], "expectations").Any()
            ? $"{Text(Checks[index], "state")}, failed" : Text(Checks[index], "state");

    /// <summary>A document of <c>portolan.check/1</c> on a line.</summary>
    internal void WriteJson(Stream output, DateTimeOffset startedAt)
    {
        using (var json = new Utf8JsonWriter(output, new JsonWriterOptions { Encoder = JsonOutput.Encoder }))
        {
            json.WriteStartObject();
            json.WriteString("schema"u8, CheckDocument.Format);
            json.WriteString("takenAt"u8, TimeText.Rfc3339(startedAt));
            json.WriteString("host"u8, Reply?.Agent ?? "");
            json.WriteString("vantage"u8, Zone);
            json.WriteString("problem"u8, Problem);
            json.WriteStartArray("checks"u8);
            Checks.ForEach(check => check.WriteTo(json));
            json.WriteEndArray();
            json.WriteEndObject();
        }

        output.WriteByte((byte)'\n');
    }

    /// <summary>Each step, for people.</summary>
    internal void WriteText(TextWriter output)
    {
        output.WriteLine($"From {Zone}{(Reply is { } reply ? $" (agent {TerminalText.Escape(reply.Agent)})" : "")}:");
        if (Problem is { } problem)
        {
            output.WriteLine($"  not checked: {TerminalText.Escape(problem)}");
            return;
        }

        foreach (var check in Checks)
        {
            output.WriteLine($"  {Text(check, "target")}  {Text(check, "summary")}");
            foreach (var step in JsonFields.Items(check, "hops").SelectMany(static hop => JsonFields.Items(hop, "steps")))
            {
                output.WriteLine($"    {Text(step, "step"),-9}{Time(step),11}  {Text(step, "summary")}");
                if (JsonFields.Text(step, "meaning") is { } meaning)
                {
                    output.WriteLine($"{"",26}({TerminalText.Escape(meaning)})");
                }
            }

            foreach (var expectation in JsonFields.Items(check, "expectations"))
            {
                var met = JsonFields.Flag(expectation, "met") switch { true => "as expected", false => "not as expected", _ => "unknown" };
                output.WriteLine($"    {met}: {Text(expectation, "expected")} ({Text(expectation, "actual")})");
            }
        }
    }

    /// <summary>A suite of JUnit.</summary>
    internal void WriteJUnit(Utf8Writer output, DateTimeOffset startedAt)
    {
        var cases = Problem is { } problem ? [(Target: "portolan check", Name: "checked", Met: (bool?)null, Actual: problem)]
            : Checks.SelectMany(CasesOf).ToList();
        output.Write("  <testsuite name=\"portolan check from "u8);
        XmlText.Write(output, Zone);
        output.Write(string.Create(
            CultureInfo.InvariantCulture,
            $"\" tests=\"{cases.Count}\" failures=\"{cases.Count(static c => c.Met == false)}\" "
                + $"errors=\"{cases.Count(static c => c.Met is null)}\" skipped=\"0\" "
                + $"timestamp=\"{startedAt.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss}\" hostname=\""));
        XmlText.Write(output, Reply?.Agent ?? "");
        output.Write("\">\n"u8);
        foreach (var (target, name, met, actual) in cases)
        {
            output.Write("    <testcase classname=\""u8);
            XmlText.Write(output, target);
            output.Write("\" name=\""u8);
            XmlText.Write(output, name);
            if (met == true)
            {
                output.Write("\"/>\n"u8);
                continue;
            }

            var element = met is null ? "error" : "failure";
            output.Write($"\">\n      <{element} message=\"");
            XmlText.Write(output, actual);
            output.Write($"\" type=\"{element}\"/>\n    </testcase>\n");
        }

        output.Write("  </testsuite>\n"u8);
    }

    private static IEnumerable<(string Target, string Name, bool? Met, string Actual)> CasesOf(JsonElement check)
    {
        var target = JsonFields.Text(check, "target") ?? "";
        var cases = JsonFields.Items(check, "expectations").Select(expectation => (
            target, JsonFields.Text(expectation, "expected") ?? "", JsonFields.Flag(expectation, "met"),
            JsonFields.Text(expectation, "actual") ?? "")).ToList();
        return cases.Count > 0 ? cases : [(target, "reached", JsonFields.Flag(check, "passed"), JsonFields.Text(check, "summary") ?? "")];
    }

    private static string Text(JsonElement value, string name) => TerminalText.Escape(JsonFields.Text(value, name) ?? "");

    private static string Time(JsonElement step) =>
        step.TryGetProperty("elapsedMilliseconds", out var time) && time.TryGetDecimal(out var milliseconds)
            ? string.Create(CultureInfo.InvariantCulture, $"{milliseconds:0.0} ms") : "";
}
