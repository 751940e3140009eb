using System.Globalization;
using Portolan.Cli.Help;
using Portolan.Cli.Output;
using Portolan.Reachability.Explaining;

namespace Portolan.Cli.Explaining;

/// <summary>Draws an explanation for people: the answer, the layers, the fix and the command that checks it.</summary>
/// <param name="output">Where it goes.</param>
/// <param name="width">Columns of the terminal, at which sentences are broken between words; <c>null</c> for one line each.</param>
/// <param name="color">Whether styles are written.</param>
internal sealed class ExplanationText(Utf8Writer output, int? width, bool color)
{
    private const int LayerWidth = 13;
    private const int LeastRoom = 30;
    private const int LabelWidth = 7;

    /// <summary>Writes it.</summary>
    public void Write(Explanation explanation)
    {
        Sentence(explanation.Headline, 0, HeadlineStyle(explanation.Verdict));
        output.WriteLine();
        for (var i = 0; i < explanation.Steps.Count; i++)
        {
            WriteStep(i + 1, explanation.Steps[i]);
        }

        for (var i = 0; i < explanation.Footnotes.Count; i++)
        {
            output.Write(i == 0 ? "Note:  " : "       ");
            Sentence(explanation.Footnotes[i], LabelWidth, AnsiStyle.Dim);
            output.WriteLine();
        }

        for (var i = 0; i < explanation.Fixes.Count; i++)
        {
            WriteAdvice(i == 0 ? "Fix:   " : "       ", explanation.Fixes[i]);
        }

        for (var i = 0; i < explanation.Closing.Count; i++)
        {
            WriteAdvice(i == 0 ? "Close: " : "       ", explanation.Closing[i]);
        }

        if (explanation.Check is { } check)
        {
            WriteAdvice("Check: ", check);
        }
    }

    private void WriteStep(int number, ExplanationStep step)
    {
        var indent = 3 + LayerWidth + 1;
        output.Write(string.Create(CultureInfo.InvariantCulture, $"{number,2} {step.Layer.PadRight(LayerWidth)} "));
        var (mark, style) = Mark(step);
        if (mark.Length > 0)
        {
            output.Write(mark, style, color);
            output.Write(" "u8);
            indent += 2;
        }

        var end = Sentence(step.Detail, indent);
        if (step.IsProved is { } isProved)
        {
            var said = isProved ? "   PROVED" : "   NOT PROVED";
            if (end + said.Length > Room(indent))
            {
                output.WriteLine();
                output.Pad(indent);
                said = said.TrimStart();
            }

            output.Write(said, isProved ? AnsiStyle.Dim : AnsiStyle.Yellow, color);
        }

        output.WriteLine();
        foreach (var line in step.More)
        {
            output.Pad(indent);
            Sentence(line, indent, AnsiStyle.Dim);
            output.WriteLine();
        }
    }

    /// <summary>A command stays on one line, for people copy it. A remark of several lines is one in each of them.</summary>
    private void WriteAdvice(string label, Advice advice)
    {
        output.Write(label);
        var text = advice.ToString();
        if (text.StartsWith("# ", StringComparison.Ordinal))
        {
            var isFirst = true;
            foreach (var line in Paragraphs.Wrap(text[2..], Room(LabelWidth + 2)))
            {
                if (!isFirst)
                {
                    output.WriteLine();
                    output.Pad(LabelWidth);
                }

                output.Write($"# {line}", AnsiStyle.Cyan, color);
                isFirst = false;
            }
        }
        else
        {
            output.Write(text, AnsiStyle.Cyan, color);
        }

        output.WriteLine();
    }

    /// <summary>Writes a sentence that begins at a column; its other lines begin there too.</summary>
    /// <returns>The length of its last line.</returns>
    private int Sentence(string text, int indent, AnsiStyle style = AnsiStyle.None)
    {
        var length = -1;
        foreach (var line in Paragraphs.Wrap(TerminalText.Escape(text), Room(indent)))
        {
            if (length >= 0)
            {
                output.WriteLine();
                output.Pad(indent);
            }

            output.Write(line, style, color);
            length = line.Length;
        }

        return length;
    }

    private int Room(int indent) => Math.Max(LeastRoom, (width ?? int.MaxValue) - indent);

    private static (string Mark, AnsiStyle Style) Mark(ExplanationStep step) => step switch
    {
        { Layer: "name/port" } or { Result: LayerResult.NotChecked } => ("", AnsiStyle.None),
        { Layer: "NAT", Rule: null, Result: LayerResult.Ok } => ("–", AnsiStyle.Dim),
        { Result: LayerResult.Ok } => ("✔", AnsiStyle.Green),
        { Result: LayerResult.Fail } => ("✘", AnsiStyle.Red),
        _ => ("?", AnsiStyle.Yellow),
    };

    private static AnsiStyle HeadlineStyle(ReachVerdict verdict) => verdict switch
    {
        ReachVerdict.Reachable => AnsiStyle.Green,
        ReachVerdict.Unreachable => AnsiStyle.Red,
        _ => AnsiStyle.Yellow,
    };
}
