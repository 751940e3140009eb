using Portolan.Cli.Help;
using Portolan.Cli.Output;
using Portolan.Model;
using Portolan.Model.Documents;
using Portolan.Sockets.Doctor;

namespace Portolan.Cli.Doctor;

/// <summary>Renders what <c>doctor</c> found.</summary>
internal sealed class DoctorReport(EnvironmentFacts facts, IReadOnlyList<Finding> findings, string host, DateTimeOffset takenAt)
{
    /// <summary>The schema of the JSON form.</summary>
    public const string Schema = "portolan.doctor/1";

    private const int StateWidth = 9;

    /// <summary>Writes the JSON document.</summary>
    public void WriteJson(Stream output) => JsonOutput.WriteDocument(output, json =>
    {
        json.WriteString("schema", Schema);
        json.WriteString("takenAt", TimeText.Rfc3339(takenAt));
        json.WriteString("host", host);
        json.WriteString("kernel", facts.Kernel);
        json.WriteNumber("userId", facts.UserId);
        json.WriteStartArray("capabilities");
        foreach (var name in facts.Capabilities.Names)
        {
            json.WriteStringValue(name);
        }

        json.WriteEndArray();
        json.WriteStartArray("findings");
        foreach (var finding in findings)
        {
            json.WriteStartObject();
            json.WriteString("topic", finding.Topic);
            json.WriteString("state", finding.State.Name());
            json.WriteString("detail", finding.Detail);
            json.WriteString("remedy", finding.Remedy?.ToString());
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    /// <summary>Writes the lines for people.</summary>
    public void WriteText(Utf8Writer output, int? width, bool color)
    {
        var capabilities = string.Join(' ', facts.Capabilities.Names);
        var who = facts.UserId == 0 ? "root" : $"user {facts.UserId}";
        var head = $"{host} · Linux {facts.Kernel} · {who} · {(capabilities.Length == 0 ? "no capabilities" : capabilities)}";
        foreach (var line in Paragraphs.Wrap(TerminalText.Escape(head), Math.Max(30, width ?? int.MaxValue)))
        {
            output.WriteLine(line);
        }

        var column = StateWidth + findings.Max(f => f.Topic.Length) + 2;
        var room = Math.Max(30, (width ?? int.MaxValue) - column);
        var told = new HashSet<Advice>();
        foreach (var finding in findings)
        {
            var state = finding.State.Name();
            output.Write(state, Style(finding.State), color);
            output.Pad(StateWidth - state.Length);
            output.Write(finding.Topic);
            output.Pad(column - StateWidth - finding.Topic.Length);
            var indent = 0;
            foreach (var line in Paragraphs.Wrap(TerminalText.Escape(finding.Detail), room))
            {
                output.Pad(indent);
                output.WriteLine(line);
                indent = column;
            }

            // One remedy may help several findings: it is named at the first.
            if (finding.Remedy is { } remedy && told.Add(remedy))
            {
                // Never broken: it is there to be copied.
                output.Pad(column);
                output.Write(remedy.ToString(), AnsiStyle.Cyan, color);
                output.WriteLine();
            }
        }
    }

    private static AnsiStyle Style(FindingState state) => state switch
    {
        FindingState.Ok => AnsiStyle.Green,
        FindingState.Limited => AnsiStyle.Yellow,
        _ => AnsiStyle.Red,
    };
}
