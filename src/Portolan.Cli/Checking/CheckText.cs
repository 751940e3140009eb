using System.Globalization;
using Portolan.Cli.Hosting;
using Portolan.Cli.Output;
using Portolan.Scan.Checking;

namespace Portolan.Cli.Checking;

/// <summary>
/// Draws checks: on a terminal a ladder of the connection, and everywhere a line for each step with its facts below it. A check that was redirected
/// is a line for each connection, and the steps of the last one where it failed.
/// </summary>
/// <param name="context">Where to.</param>
/// <param name="isVerbose">Draws every connection in full.</param>
internal sealed class CheckText(CommandContext context, bool isVerbose)
{
    /// <summary>Where the text of a step begins. Columns.</summary>
    private const int TextColumn = 24;

    private readonly Utf8Writer _output = context.Writer;
    private readonly bool _color = context.OutputColor;
    private readonly LadderText? _ladder = context.OutputWidth is { } width and >= LadderText.LeastWidth
        ? new LadderText(context.Writer, width, context.OutputColor)
        : null;
    private bool _hasWritten;
    private bool _hasLadder;
    private bool _hasShortened;

    /// <summary>Writes one check.</summary>
    public void Write(CheckVerdict verdict)
    {
        if (_hasWritten)
        {
            _output.WriteLine();
        }

        _hasWritten = true;
        var report = verdict.Report;
        _output.Write(TerminalText.Escape(report.Target.Text), AnsiStyle.Bold, _color);
        _output.WriteLine();
        if (report.Hops.Count == 1 || isVerbose)
        {
            WriteInFull(report);
        }
        else
        {
            WriteInShort(report);
        }

        WriteVerdict(verdict);
    }

    /// <summary>Writes what stands below all checks.</summary>
    public void WriteEnd()
    {
        if (_hasLadder)
        {
            _ladder?.WriteNote();
        }

        if (_hasShortened && context.OutputWidth is not null)
        {
            _output.Write("\n  -v shows every step of each connection.\n", AnsiStyle.Dim, _color);
        }
    }

    /// <summary>Writes what a watched target came to: whole at the first look, later in one line.</summary>
    public void WriteChange(CheckVerdict verdict, string? before)
    {
        if (before is null)
        {
            Write(verdict);
            return;
        }

        _output.Write(TimeText.Rfc3339(verdict.Report.StartedAt));
        _output.Write("  ");
        _output.Write(TerminalText.Escape(verdict.Report.Target.Text), AnsiStyle.Bold, _color);
        _output.Write("  ");
        _output.Write(TerminalText.Escape(WatchedStates.Describe(verdict)), StyleOf(verdict.Passed), _color);
        _output.Write(" (was ");
        _output.WriteEscaped(before);
        _output.Write(")\n");
    }

    /// <summary>A time with its unit, three digits that count: <c>0.042 ms</c>, <c>12.3 ms</c>, <c>5000 ms</c>.</summary>
    public static string Milliseconds(TimeSpan time) => time.TotalMilliseconds switch
    {
        < 1 => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0.000} ms"),
        < 100 => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0.0} ms"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0} ms"),
    };

    private void WriteInFull(CheckReport report)
    {
        for (var i = 0; i < report.Hops.Count; i++)
        {
            if (i > 0)
            {
                _output.Write("  redirected to ");
                _output.WriteEscaped(report.Hops[i].Target.Url);
                _output.WriteLine();
            }

            WriteHop(report.Hops[i]);
        }
    }

    private void WriteInShort(CheckReport report)
    {
        _hasShortened = true;
        for (var i = 0; i < report.Hops.Count; i++)
        {
            var hop = report.Hops[i];
            WriteHead(string.Create(CultureInfo.InvariantCulture, $"hop {i + 1}"), hop.Elapsed, HopLine.Of(hop), hop.Result);
        }

        if (report.Hops[^1].Result != StepResult.Ok)
        {
            WriteHop(report.Hops[^1]);
        }
    }

    private void WriteHop(CheckHop hop)
    {
        _hasLadder |= _ladder?.Write(hop) ?? false;
        foreach (var step in hop.Steps)
        {
            WriteStep(step);
        }
    }

    private void WriteHead(string name, TimeSpan elapsed, string summary, StepResult result)
    {
        _output.Write($"  {name,-9}{Milliseconds(elapsed),11}  ");
        _output.Write(TerminalText.Escape(summary), StyleOf(result), _color);
        _output.WriteLine();
    }

    private void WriteStep(CheckStep step)
    {
        WriteHead(step.Kind, step.Time.Elapsed, step.Summary, step.Result);
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
        _output.Pad(TextColumn);
        _output.WriteEscaped(line);
        _output.WriteLine();
    }

    private void WriteVerdict(CheckVerdict verdict)
    {
        foreach (var (expectation, met, actual) in verdict.Results)
        {
            _output.Write("  expected ");
            _output.WriteEscaped(expectation.Text);
            _output.Write(": ");
            _output.Write(met switch { true => "met", false => "not met", null => "not known" }, StyleOf(met), _color);
            _output.Write(", ");
            _output.WriteEscaped(actual);
            _output.WriteLine();
        }

        var report = verdict.Report;
        _output.Write("  ");
        _output.Write(report.Result == StepResult.LocalFailure ? "not tried" : report.IsReached ? "reached" : "not reached", StyleOf(report.Result), _color);
        _output.Write($", {Milliseconds(report.Elapsed)} in all\n");
    }

    private static AnsiStyle StyleOf(StepResult result) => result switch
    {
        StepResult.Ok => AnsiStyle.None,
        StepResult.Warning => AnsiStyle.Yellow,
        _ => AnsiStyle.Red,
    };

    private static AnsiStyle StyleOf(bool? passed) => passed switch
    {
        true => AnsiStyle.Green,
        false => AnsiStyle.Red,
        null => AnsiStyle.Yellow,
    };
}
