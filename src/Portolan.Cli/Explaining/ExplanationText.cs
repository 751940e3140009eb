using System.Globalization;
using Portolan.Cli.Output;
using Portolan.Reachability.Explaining;

namespace Portolan.Cli.Explaining;

/// <summary>Draws an explanation for people: the answer, the layers, the fix and the command that checks it.</summary>
internal static class ExplanationText
{
    private const int LayerWidth = 13;

    /// <summary>Writes it.</summary>
    public static void Write(Utf8Writer output, Explanation explanation, bool color)
    {
        output.Write(TerminalText.Escape(explanation.Headline), HeadlineStyle(explanation.Verdict), color);
        output.WriteLine();
        for (var i = 0; i < explanation.Steps.Count; i++)
        {
            WriteStep(output, i + 1, explanation.Steps[i], color);
        }

        for (var i = 0; i < explanation.Footnotes.Count; i++)
        {
            output.Write(i == 0 ? "Note:  " : "       ");
            output.Write(TerminalText.Escape(explanation.Footnotes[i]), AnsiStyle.Dim, color);
            output.WriteLine();
        }

        for (var i = 0; i < explanation.Fixes.Count; i++)
        {
            output.Write(i == 0 ? "Fix:   " : "       ");
            output.Write(explanation.Fixes[i].ToString(), AnsiStyle.Cyan, color);
            output.WriteLine();
        }

        for (var i = 0; i < explanation.Closing.Count; i++)
        {
            output.Write(i == 0 ? "Close: " : "       ");
            output.Write(explanation.Closing[i].ToString(), AnsiStyle.Cyan, color);
            output.WriteLine();
        }

        if (explanation.Check is { } check)
        {
            output.Write("Check: ");
            output.Write(check.ToString(), AnsiStyle.Cyan, color);
            output.WriteLine();
        }
    }

    private static void WriteStep(Utf8Writer output, int number, ExplanationStep step, bool color)
    {
        var indent = new string(' ', 3 + LayerWidth + 1);
        output.Write(string.Create(CultureInfo.InvariantCulture, $"{number,2} {step.Layer.PadRight(LayerWidth)} "));
        var (mark, style) = Mark(step);
        if (mark.Length > 0)
        {
            output.Write(mark, style, color);
            output.Write(" "u8);
            indent += "  ";
        }

        output.Write(TerminalText.Escape(step.Detail));
        if (step.IsProved is { } isProved)
        {
            output.Write(isProved ? "   PROVED" : "   NOT PROVED", isProved ? AnsiStyle.Dim : AnsiStyle.Yellow, color);
        }

        output.WriteLine();
        foreach (var line in step.More)
        {
            output.Write(indent);
            output.Write(TerminalText.Escape(line), AnsiStyle.Dim, color);
            output.WriteLine();
        }
    }

    private static (string Mark, AnsiStyle Style) Mark(ExplanationStep step) => step switch
    {
        { Layer: "name/port" } or { Result: StepResult.NotChecked } => ("", AnsiStyle.None),
        { Layer: "NAT", Rule: null, Result: StepResult.Ok } => ("–", AnsiStyle.Dim),
        { Result: StepResult.Ok } => ("✔", AnsiStyle.Green),
        { Result: StepResult.Fail } => ("✘", AnsiStyle.Red),
        _ => ("?", AnsiStyle.Yellow),
    };

    private static AnsiStyle HeadlineStyle(ReachVerdict verdict) => verdict switch
    {
        ReachVerdict.Reachable => AnsiStyle.Green,
        ReachVerdict.Unreachable => AnsiStyle.Red,
        _ => AnsiStyle.Yellow,
    };
}
