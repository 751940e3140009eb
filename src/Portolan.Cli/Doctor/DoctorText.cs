using Portolan.Cli.Help;
using Portolan.Cli.Output;
using Portolan.Sockets.Doctor;

namespace Portolan.Cli.Doctor;

/// <summary>Draws what <c>doctor</c> found for people.</summary>
internal static class DoctorText
{
    private const int StateWidth = 9;

    /// <summary>Writes it.</summary>
    public static void Write(EnvironmentReport report, string host, Utf8Writer output, int? width, bool color)
    {
        var (facts, findings) = report;
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
