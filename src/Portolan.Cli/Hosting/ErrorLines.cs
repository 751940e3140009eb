using Portolan.Cli.Help;

namespace Portolan.Cli.Hosting;

/// <summary>Text for people on stderr: one line each, and on a terminal as many as it takes, broken between words.</summary>
/// <remarks>Hints are no such text: the commands in them are copied, and a line end in the middle would cut them.</remarks>
internal static class ErrorLines
{
    private const string Indent = "  ";

    /// <summary>Where a terminal is narrower than that, it breaks lines itself.</summary>
    private const int LeastWidth = 20;

    /// <summary>The lines of a text; those after the first are indented.</summary>
    /// <param name="context">The context of the command.</param>
    /// <param name="text">The text, safe for a terminal.</param>
    public static IEnumerable<string> Of(CommandContext context, string text)
    {
        var width = context.ReadErrorWidth();
        if (width is null || text.Length <= width)
        {
            return [text];
        }

        return Paragraphs.Wrap(text, Math.Max(LeastWidth, width.Value - Indent.Length))
            .Select(static (line, number) => number == 0 ? line : Indent + line);
    }

    /// <summary>Writes a text.</summary>
    public static void Write(CommandContext context, string text)
    {
        foreach (var line in Of(context, text))
        {
            context.Error.WriteLine(line);
        }
    }
}
