using System.CommandLine;
using System.Text;
using Portolan.Cli.Hosting;

namespace Portolan.Cli.Help;

/// <summary>How commands, options and arguments are spelled in help, man pages, docs and completions.</summary>
public static class UsageLine
{
    /// <summary><c>portolan list</c>, <c>portolan firewall show</c>, or <c>portolan</c>.</summary>
    public static string Name(PortolanCommand command) => command.IsDefault ? command.FullName : $"portolan {command.FullName}";

    /// <summary>
    /// <c>portolan-list</c>, <c>portolan-firewall-show</c>, or <c>portolan</c>: the name of the man page and of the page in docs/cli.
    /// </summary>
    public static string PageName(PortolanCommand command) => command.IsDefault ? command.FullName : PageName(command.FullName);

    /// <summary>The same from the words that call a command.</summary>
    public static string PageName(string path) => $"portolan-{path.Replace(' ', '-')}";

    /// <summary><c>portolan list [OPTIONS] [FILTER...]</c>.</summary>
    public static string Of(PortolanCommand command)
    {
        var text = new StringBuilder(Name(command)).Append(command is CommandGroup ? " COMMAND [OPTIONS]" : " [OPTIONS]");
        foreach (var argument in command.Arguments.Where(a => !a.Hidden))
        {
            var name = Placeholder(argument) + (argument.Arity.MaximumNumberOfValues > 1 ? "..." : "");
            text.Append(' ').Append(argument.Arity.MinimumNumberOfValues > 0 ? name : $"[{name}]");
        }

        return text.ToString();
    }

    /// <summary><c>-n, --numeric</c> or <c>--sort COLUMN</c>: short names first, before them what other tools taught people.</summary>
    public static string Of(Option option)
    {
        var names = string.Join(", ", Names(option));
        var text = option is ISpelledOption { Spelling: { } spelling } ? $"{spelling}, {names}" : names;
        return option.Arity.MaximumNumberOfValues == 0 ? text : $"{text} {Placeholder(option)}";
    }

    /// <summary>All names of an option, short ones first, then its own long name, then the other long ones.</summary>
    public static IReadOnlyList<string> Names(Option option) =>
        [.. option.Aliases.Append(option.Name).Distinct(StringComparer.Ordinal).OrderBy(n => !IsLong(n) ? 0 : n == option.Name ? 1 : 2)];

    /// <summary>Whether a name is of the form <c>--name</c>.</summary>
    public static bool IsLong(string name) => name.StartsWith("--", StringComparison.Ordinal);

    /// <summary>The global options that make sense with the command.</summary>
    public static IEnumerable<Option> GlobalsOf(PortolanCommand command) =>
        new GlobalOptions().All.Where(o => o.Name != "--json" || command.WhyNoJson is null);

    /// <summary>What stands for the argument's value.</summary>
    public static string Placeholder(Argument argument) => argument.HelpName ?? argument.Name.ToUpperInvariant();

    /// <summary>What stands for the option's value.</summary>
    public static string Placeholder(Option option) => option.HelpName ?? option.Name.TrimStart('-').ToUpperInvariant();

    /// <summary><c>portolan-list(1)</c> for the words that call a command; a man page's name stays.</summary>
    public static string Reference(string seeAlso) =>
        seeAlso.Contains('(', StringComparison.Ordinal) ? seeAlso : seeAlso == "portolan" ? "portolan(1)" : $"{PageName(seeAlso)}(1)";
}
