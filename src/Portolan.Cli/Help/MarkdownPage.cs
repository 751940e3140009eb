using System.CommandLine;
using System.Text;
using Portolan.Cli.Hosting;

namespace Portolan.Cli.Help;

/// <summary>The pages of docs/cli in Markdown, one for each command and one for the program.</summary>
public static class MarkdownPage
{
    private const string Notice =
        "<!-- Made by `portolan generate docs docs/cli` from the command itself; edit src/Portolan.Cli/Commands. -->\n\n";

    /// <summary>The file name, such as <c>portolan-list.md</c>.</summary>
    public static string FileName(PortolanCommand command) => $"{UsageLine.PageName(command)}.md";

    /// <summary>The page.</summary>
    public static string Render(PortolanCommand command)
    {
        var page = new StringBuilder(Notice);
        page.Append($"# {UsageLine.Name(command)}\n\n{Escape(Sentence(command.Description ?? ""))}\n\n");
        page.Append("```console\n");
        foreach (var example in command.Examples)
        {
            page.Append($"$ {example.CommandLine}    # {example.Shows}\n");
        }

        page.Append("```\n\n## Usage\n\n```\n").Append(UsageLine.Of(command)).Append('\n');
        page.Append(command.IsDefault ? "portolan COMMAND [OPTIONS]\n```\n\n" : "```\n\n");
        AppendDetails(page, command.Details);
        AppendCommands(page, CommandTree.CreateIn(command));

        AppendRows(
            page, "## Arguments", "argument",
            command.Arguments.Where(a => !a.Hidden).Select(a => (UsageLine.Placeholder(a), a.Description)));
        page.Append("## Options\n\n");
        foreach (var group in command.Groups)
        {
            AppendRows(page, $"### {group.Title}", "option", Rows(group.Options));
        }

        AppendRows(page, "### Everywhere", "option", Rows(UsageLine.GlobalsOf(command)));
        AppendRows(page, "## Exit codes", "code", command.ExitCodes.Select(e => ($"{(int)e.Code}", (string?)e.When)));
        page.Append("## Machine format\n\n");
        page.Append(command.JsonSchema is { } schema
            ? $"`--json` follows [`{schema}`](../schema/{schema.Replace('/', '-')}.json). Only additions are made within a version.\n"
            : $"There is no `--json`: {command.WhyNoJson}.\n");
        if (command.SeeAlso.Count > 0)
        {
            page.Append("\n## See also\n\n").AppendJoin(", ", command.SeeAlso.Select(Link)).Append('\n');
        }

        return page.ToString();
    }

    private static void AppendCommands(StringBuilder page, IReadOnlyList<PortolanCommand> commands)
    {
        if (commands.Count == 0)
        {
            return;
        }

        page.Append("## Commands\n\n| command | does |\n|---|---|\n");
        foreach (var command in commands)
        {
            page.Append($"| [`{command.Name}`]({FileName(command)}) | {Cell(command.Description)} |\n");
        }

        page.Append('\n');
    }

    private static IEnumerable<(string, string?)> Rows(IEnumerable<Option> options) =>
        options.Where(o => !o.Hidden).Select(o => (UsageLine.Of(o), o.Description));

    private static void AppendRows(StringBuilder page, string heading, string what, IEnumerable<(string Left, string? Right)> rows)
    {
        var list = rows.ToList();
        if (list.Count == 0)
        {
            return;
        }

        page.Append(heading).Append($"\n\n| {what} | meaning |\n|---|---|\n");
        foreach (var (left, right) in list)
        {
            page.Append($"| `{left.Replace("|", "\\|", StringComparison.Ordinal)}` | {Cell(right)} |\n");
        }

        page.Append('\n');
    }

    private static void AppendDetails(StringBuilder page, string details)
    {
        var wasVerbatim = false;
        foreach (var (text, isVerbatim) in Paragraphs.Of(details))
        {
            page.Append((wasVerbatim, isVerbatim) switch
            {
                (false, true) => "```\n",
                (true, false) => "```\n\n",
                _ => "",
            });
            page.Append(isVerbatim ? $"{text}\n" : $"{Escape(text)}\n\n");
            wasVerbatim = isVerbatim;
        }

        page.Append(wasVerbatim ? "```\n\n" : "");
    }

    private static string Link(string seeAlso) =>
        CommandTree.Contains(seeAlso)
            ? $"[`portolan {seeAlso}`]({UsageLine.PageName(seeAlso)}.md)"
            : seeAlso == "portolan" ? "[`portolan`](portolan.md)" : seeAlso;

    private static string Cell(string? text) => Escape(text ?? "").Replace("|", "\\|", StringComparison.Ordinal);

    private static string Escape(string text) =>
        text.Replace("<", "&lt;", StringComparison.Ordinal).Replace("*", "\\*", StringComparison.Ordinal).Replace(
            "_", "\\_", StringComparison.Ordinal);

    private static string Sentence(string text) => text.Length == 0 ? text : char.ToUpperInvariant(text[0]) + text[1..] + ".";
}
