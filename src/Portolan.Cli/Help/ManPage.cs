using System.CommandLine;
using System.Text;
using Portolan.Cli.Hosting;

namespace Portolan.Cli.Help;

/// <summary>Man pages in the man(7) macros of roff, one for each command and one for the program.</summary>
public static class ManPage
{
    /// <summary>The file name, such as <c>portolan-list.1</c>.</summary>
    public static string FileName(PortolanCommand command) => $"{UsageLine.PageName(command)}.1";

    /// <summary>The page. <paramref name="version"/> goes into the footer.</summary>
    public static string Render(PortolanCommand command, string version)
    {
        var page = new StringBuilder();
        page.Append("'\\\" t\n");
        page.Append($".TH {UsageLine.PageName(command).ToUpperInvariant()} 1 \"\" \"Portolan {version}\" \"Portolan\"\n");
        page.Append($".SH NAME\n{Escape(UsageLine.PageName(command))} \\- {Escape(command.Description ?? "")}\n");
        page.Append($".SH SYNOPSIS\n.B {Escape(UsageLine.Of(command))}\n");
        if (command.IsDefault)
        {
            page.Append(".br\n.B portolan COMMAND [OPTIONS]\n");
        }

        page.Append(".SH EXAMPLES\n");
        foreach (var example in command.Examples)
        {
            page.Append($".TP\n.B {Escape(example.CommandLine)}\n{Escape(example.Shows)}\n");
        }

        if (command.Details.Length > 0)
        {
            page.Append(".SH DESCRIPTION\n");
            AppendDetails(page, command.Details);
        }

        var inside = CommandTree.CreateIn(command);
        page.Append(inside.Count > 0 ? ".SH COMMANDS\n" : "");
        foreach (var other in inside)
        {
            page.Append($".TP\n.BR {Escape(UsageLine.PageName(other))} (1)\n{Escape(other.Description ?? "")}\n");
        }

        AppendArguments(page, command);
        page.Append(".SH OPTIONS\n");
        foreach (var group in command.Groups)
        {
            AppendOptions(page, group.Title, group.Options);
        }

        AppendOptions(page, "Everywhere", UsageLine.GlobalsOf(command));
        page.Append(".SH EXIT STATUS\n");
        foreach (var (code, when) in command.ExitCodes)
        {
            page.Append($".TP\n.B {(int)code}\n{Escape(when)}\n");
        }

        if (command.JsonSchema is { } schema)
        {
            page.Append($".SH MACHINE FORMAT\nWith\n.B \\-\\-json\nthe output follows the schema {Escape(schema)}; only additions are made "
                + $"within a version.\n");
        }

        AppendSeeAlso(page, command);
        return page.ToString();
    }

    /// <summary>Text that roff shows as it is.</summary>
    public static string Escape(string text)
    {
        var escaped = text.Replace("\\", "\\e", StringComparison.Ordinal).Replace("-", "\\-", StringComparison.Ordinal);
        return escaped is ['.' or '\'', ..] ? $"\\&{escaped}" : escaped;
    }

    private static void AppendDetails(StringBuilder page, string details)
    {
        var wasVerbatim = false;
        foreach (var (text, isVerbatim) in Paragraphs.Of(details))
        {
            page.Append((wasVerbatim, isVerbatim) switch
            {
                (false, true) => ".PP\n.nf\n",
                (true, false) => ".fi\n.PP\n",
                (false, false) => ".PP\n",
                _ => "",
            });
            page.Append(Escape(text)).Append('\n');
            wasVerbatim = isVerbatim;
        }

        page.Append(wasVerbatim ? ".fi\n" : "");
    }

    private static void AppendArguments(StringBuilder page, PortolanCommand command)
    {
        var arguments = command.Arguments.Where(a => !a.Hidden).ToList();
        if (arguments.Count == 0)
        {
            return;
        }

        page.Append(".SH ARGUMENTS\n");
        foreach (var argument in arguments)
        {
            page.Append($".TP\n.I {Escape(UsageLine.Placeholder(argument))}\n{Escape(argument.Description ?? "")}\n");
        }
    }

    private static void AppendOptions(StringBuilder page, string title, IEnumerable<Option> options)
    {
        page.Append($".SS {Escape(title)}\n");
        foreach (var option in options.Where(o => !o.Hidden))
        {
            page.Append($".TP\n.B {Escape(UsageLine.Of(option))}\n{Escape(option.Description ?? "")}\n");
        }
    }

    private static void AppendSeeAlso(StringBuilder page, PortolanCommand command)
    {
        var references = command.SeeAlso.Select(UsageLine.Reference).ToList();
        if (!command.IsDefault && !references.Contains("portolan(1)", StringComparer.Ordinal))
        {
            references.Insert(0, "portolan(1)");
        }

        page.Append(".SH SEE ALSO\n");
        for (var i = 0; i < references.Count; i++)
        {
            var open = references[i].IndexOf('(', StringComparison.Ordinal);
            page.Append($".BR {Escape(references[i][..open])} {references[i][open..]}{(i < references.Count - 1 ? "," : "")}\n");
        }
    }
}
