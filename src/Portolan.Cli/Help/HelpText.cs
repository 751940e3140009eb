using System.CommandLine;
using System.Text;
using Portolan.Cli.Hosting;

namespace Portolan.Cli.Help;

/// <summary>Help for people at a terminal: examples first, then options in their groups.</summary>
public static class HelpText
{
    /// <summary>Writes the help of one command to stdout.</summary>
    public static void Write(PortolanCommand command, CommandContext context) => context.Writer.Write(Render(command));

    /// <summary>Writes the list of commands to stdout.</summary>
    public static void WriteOverview(CommandContext context)
    {
        var text = new StringBuilder();
        text.Append("portolan - the chart of this machine's ports\n\n  portolan                 draw the chart\n  portolan COMMAND ...     one of:\n\n");
        var commands = CommandTree.CreateAll();
        var width = commands.Max(c => c.Name.Length);
        foreach (var command in commands)
        {
            text.Append("  ").Append(command.Name.PadRight(width + 2)).Append(command.Description).Append('\n');
        }

        text.Append("\nportolan help COMMAND shows examples and options.\n");
        context.Writer.Write(text.ToString());
    }

    /// <summary>The help text of one command.</summary>
    public static string Render(PortolanCommand command)
    {
        var text = new StringBuilder();
        text.Append(UsageLine.Name(command)).Append(" - ").Append(command.Description).Append("\n\nExamples:\n");
        foreach (var example in command.Examples)
        {
            text.Append("  ").Append(example.CommandLine).Append("\n      ").Append(example.Shows).Append('\n');
        }

        text.Append("\nUsage:\n  ").Append(UsageLine.Of(command)).Append('\n');
        AppendRows(text, "Arguments", command.Arguments.Where(a => !a.Hidden).Select(a => (UsageLine.Placeholder(a), a.Description)));
        foreach (var group in command.Groups)
        {
            AppendRows(text, group.Title, group.Options.Where(o => !o.Hidden).Select(Row));
        }

        AppendRows(text, "Everywhere", new GlobalOptions().All.Where(o => o.Name != "--json" || command.WhyNoJson is null).Select(Row));
        if (command.Details.Length > 0)
        {
            text.Append('\n').Append(command.Details).Append('\n');
        }

        text.Append("\nExit codes: ").AppendJoin(", ", command.ExitCodes.Select(e => $"{(int)e.Code} {e.When}")).Append('\n');
        if (command.SeeAlso.Count > 0)
        {
            text.Append("See also: ").AppendJoin(", ", command.SeeAlso).Append('\n');
        }

        return text.ToString();
    }

    private static (string Left, string? Right) Row(Option option) => (UsageLine.Of(option), option.Description);

    private static void AppendRows(StringBuilder text, string title, IEnumerable<(string Left, string? Right)> rows)
    {
        var list = rows.ToList();
        if (list.Count == 0)
        {
            return;
        }

        text.Append('\n').Append(title).Append(":\n");
        var width = Math.Min(28, list.Max(r => r.Left.Length));
        foreach (var (left, right) in list)
        {
            text.Append("  ").Append(left.PadRight(width));
            text.Append(left.Length > width ? "\n" + new string(' ', width + 4) : "  ").Append(right).Append('\n');
        }
    }
}
