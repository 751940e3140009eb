using System.Globalization;
using Portolan.Cli.Output;
using Portolan.Scan.Checking;

namespace Portolan.Cli.Checking;

/// <summary>Draws checks as lines: one for each step with its time, its facts below it.</summary>
internal sealed class CheckText(Utf8Writer output, bool color)
{
    /// <summary>Where the text of a step begins. Columns.</summary>
    private const int TextColumn = 24;

    /// <summary>Writes one check.</summary>
    public void Write(CheckReport report)
    {
        output.Write(TerminalText.Escape(report.Target.Text), AnsiStyle.Bold, color);
        output.WriteLine();
        for (var i = 0; i < report.Hops.Count; i++)
        {
            if (i > 0)
            {
                output.Write("  redirected to ");
                output.WriteEscaped(report.Hops[i].Target.Url);
                output.WriteLine();
            }

            foreach (var step in report.Hops[i].Steps)
            {
                WriteStep(step);
            }
        }

        output.Write("  ");
        output.Write(report.IsReached ? "reached" : "not reached", report.IsReached ? AnsiStyle.Green : AnsiStyle.Red, color);
        output.Write($", {Milliseconds(report.Elapsed)} in all");
        output.WriteLine();
    }

    /// <summary>A time with its unit, three digits that count: <c>0.042 ms</c>, <c>12.3 ms</c>, <c>5000 ms</c>.</summary>
    public static string Milliseconds(TimeSpan time) => time.TotalMilliseconds switch
    {
        < 1 => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0.000} ms"),
        < 100 => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0.0} ms"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0} ms"),
    };

    private void WriteStep(CheckStep step)
    {
        output.Write($"  {step.Kind,-9}{Milliseconds(step.Time.Elapsed),11}  ");
        output.Write(TerminalText.Escape(step.Summary), StyleOf(step.Result), color);
        output.WriteLine();
        foreach (var line in StepLines.Of(step))
        {
            WriteDetail(line);
        }

        if (step.Meaning is { } meaning)
        {
            WriteDetail($"({meaning})");
        }
    }

    private void WriteDetail(string line)
    {
        output.Pad(TextColumn);
        output.WriteEscaped(line);
        output.WriteLine();
    }

    private static AnsiStyle StyleOf(StepResult result) => result switch
    {
        StepResult.Ok => AnsiStyle.None,
        StepResult.Warning => AnsiStyle.Yellow,
        _ => AnsiStyle.Red,
    };
}
