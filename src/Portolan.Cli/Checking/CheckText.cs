using System.Globalization;
using Portolan.Cli.Help;
using Portolan.Cli.Hosting;
using Portolan.Cli.Output;
using Portolan.Model;
using Portolan.Scan.Checking;

namespace Portolan.Cli.Checking;

/// <summary>
/// Draws checks: on a terminal a ladder of the connection, and everywhere a line for each step with its facts below it. A check that was
/// redirected is a line for each connection, and the steps of the last one where it failed.
/// </summary>
/// <param name="context">Where to.</param>
/// <param name="isVerbose">Draws every connection in full.</param>
internal sealed class CheckText(CommandContext context, bool isVerbose)
{
    /// <summary>Where the text of a step begins. Columns.</summary>
    private const int TextColumn = 24;

    /// <summary>Where what was seen begins, when it has no room behind what was expected. Columns.</summary>
    private const int SeenColumn = 4;

    /// <summary>Text gets at least so many columns of a narrow terminal.</summary>
    private const int LeastRoom = 30;

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
            WriteNote("SYN, SYN-ACK and RST are inferred from connect(); this program measured the times.");
        }

        if (_hasShortened && context.OutputWidth is not null)
        {
            WriteNote("-v shows every step of each connection.");
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
        WriteText(summary, TextColumn, StyleOf(result));
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
        WriteText(line, TextColumn);
    }

    private void WriteNote(string note)
    {
        _output.WriteLine();
        _output.Pad(2);
        WriteText(note, 2, AnsiStyle.Dim);
    }

    /// <summary>Writes text that begins at a column; on a terminal its other lines, broken between words, begin there too.</summary>
    private void WriteText(string text, int column, AnsiStyle style = AnsiStyle.None)
    {
        var isFirst = true;
        foreach (var line in Paragraphs.Wrap(
            TerminalText.Escape(text), Math.Max(LeastRoom, (context.OutputWidth ?? int.MaxValue) - column)))
        {
            if (!isFirst)
            {
                _output.Pad(column);
            }

            _output.Write(line, style, _color);
            _output.WriteLine();
            isFirst = false;
        }
    }

    private void WriteVerdict(CheckVerdict verdict)
    {
        foreach (var (expectation, met, actual) in verdict.Results)
        {
            var expected = $"  expected {TerminalText.Escape(expectation.Text)}: ";
            var outcome = met switch { true => "met", false => "not met", null => "not known" };
            _output.Write(expected);
            _output.Write(outcome, StyleOf(met), _color);
            _output.Write(",");
            if (expected.Length + outcome.Length + 2 + actual.Length <= (context.OutputWidth ?? int.MaxValue))
            {
                _output.Write(" ");
                _output.WriteEscaped(actual);
                _output.WriteLine();
            }
            else
            {
                _output.WriteLine();
                _output.Pad(SeenColumn);
                WriteText(actual, SeenColumn);
            }
        }

        var report = verdict.Report;
        _output.Write("  ");
        _output.Write(
            report.Result == StepResult.LocalFailure ? "not tried" : report.IsReached ? "reached" : "not reached", StyleOf(report.Result),
            _color);
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
