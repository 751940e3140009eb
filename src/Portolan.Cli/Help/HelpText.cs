using System.CommandLine;
using Portolan.Cli.Hosting;
using Portolan.Cli.Output;

namespace Portolan.Cli.Help;

/// <summary>Help for people at a terminal: examples first, then options in their groups.</summary>
public static class HelpText
{
    private const int MaxWidth = 100;
    private const int WidestLeft = 30;

    /// <summary>Writes the help of one command to stdout.</summary>
    public static void Write(PortolanCommand command, CommandContext context)
    {
        var page = new Page(context.Writer, Math.Clamp(context.OutputWidth ?? 80, 40, MaxWidth), context.OutputColor);
        page.Write(command);
    }

    private sealed class Page(Utf8Writer output, int width, bool color)
    {
        public void Write(PortolanCommand command)
        {
            var isDefault = command.IsDefault;
            Prose($"{UsageLine.Name(command)} - {command.Description}", 0);
            Heading("Examples");
            foreach (var example in command.Examples)
            {
                output.Write("  ");
                output.Write(example.CommandLine, AnsiStyle.Cyan, color);
                output.WriteLine();
                Prose(example.Shows, 6);
            }

            Heading("Usage");
            output.Write($"  {UsageLine.Of(command)}\n");
            if (isDefault)
            {
                output.Write("  portolan COMMAND [OPTIONS]\n");
            }

            Rows("Commands", [.. CommandTree.CreateIn(command).Select(c => (c.Name, c.Description))]);
            Rows("Arguments", [.. command.Arguments.Where(a => !a.Hidden).Select(a => (UsageLine.Placeholder(a), a.Description))]);
            foreach (var group in command.Groups)
            {
                Rows(group.Title, [.. group.Options.Where(o => !o.Hidden).Select(Row)]);
            }

            Rows("Everywhere", [.. UsageLine.GlobalsOf(command).Select(Row)]);
            if (command.Details.Length > 0)
            {
                Heading("Details");
                Details(command.Details);
            }

            Rows("Exit codes", [.. command.ExitCodes.Select(e => ($"{(int)e.Code}", (string?)e.When))]);
            if (command.SeeAlso.Count > 0)
            {
                Heading("See also");
                Prose(string.Join(", ", command.SeeAlso.Select(UsageLine.Reference)), 2);
            }

            if (isDefault || command is CommandGroup)
            {
                output.Write($"\nportolan help {(isDefault ? "" : $"{command.FullName} ")}COMMAND explains a command.\n");
            }
        }

        private static (string Left, string? Right) Row(Option option) => (UsageLine.Of(option), option.Description);

        private void Heading(string title)
        {
            output.WriteLine();
            output.Write($"{title}:", AnsiStyle.Bold, color);
            output.WriteLine();
        }

        private void Details(string text)
        {
            var isFirst = true;
            foreach (var (paragraph, isVerbatim) in Paragraphs.Of(text))
            {
                if (!isFirst && !isVerbatim)
                {
                    output.WriteLine();
                }

                isFirst = false;
                if (isVerbatim)
                {
                    output.Write($"  {paragraph}\n");
                }
                else
                {
                    Prose(paragraph, 2);
                }
            }
        }

        private void Prose(string text, int indent)
        {
            foreach (var line in Paragraphs.Wrap(text, width - indent))
            {
                output.Pad(indent);
                output.WriteLine(line);
            }
        }

        private void Rows(string title, IReadOnlyList<(string Left, string? Right)> rows)
        {
            if (rows.Count == 0)
            {
                return;
            }

            Heading(title);
            var column = 4 + Math.Min(WidestLeft, rows.Max(r => r.Left.Length));
            foreach (var (left, right) in rows)
            {
                output.Pad(2);
                output.Write(left);
                var at = left.Length + 2;
                foreach (var line in Paragraphs.Wrap(right ?? "", width - column))
                {
                    if (at > column - 2)
                    {
                        output.WriteLine();
                        at = 0;
                    }

                    output.Pad(column - at);
                    output.Write(line);
                    at = width;
                }

                output.WriteLine();
            }
        }
    }
}
