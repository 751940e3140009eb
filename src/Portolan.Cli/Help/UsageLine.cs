using System.CommandLine;
using System.Text;
using Portolan.Cli.Hosting;

namespace Portolan.Cli.Help;

/// <summary>How commands, options and arguments are spelled in help, man pages and docs.</summary>
public static class UsageLine
{
    /// <summary><c>portolan list</c>, or <c>portolan</c> for the command that runs when none is named.</summary>
    public static string Name(PortolanCommand command) => command.Name == "portolan" ? command.Name : $"portolan {command.Name}";

    /// <summary><c>portolan list [OPTIONS] [FILTER…]</c>.</summary>
    public static string Of(PortolanCommand command)
    {
        var text = new StringBuilder(Name(command)).Append(" [OPTIONS]");
        foreach (var argument in command.Arguments.Where(a => !a.Hidden))
        {
            var name = Placeholder(argument) + (argument.Arity.MaximumNumberOfValues > 1 ? "..." : "");
            text.Append(' ').Append(argument.Arity.MinimumNumberOfValues > 0 ? name : $"[{name}]");
        }

        return text.ToString();
    }

    /// <summary><c>-n, --numeric</c> or <c>--sort COLUMN</c>: short names first.</summary>
    public static string Of(Option option)
    {
        var names = option.Aliases.Append(option.Name).Distinct(StringComparer.Ordinal).OrderBy(n => n.StartsWith("--", StringComparison.Ordinal)).ThenBy(n => n.Length);
        var text = string.Join(", ", names);
        return option.Arity.MaximumNumberOfValues == 0 ? text : $"{text} {Placeholder(option)}";
    }

    /// <summary>What stands for the argument's value.</summary>
    public static string Placeholder(Argument argument) => argument.HelpName ?? argument.Name.ToUpperInvariant();

    /// <summary>What stands for the option's value.</summary>
    public static string Placeholder(Option option) => option.HelpName ?? option.Name.TrimStart('-').ToUpperInvariant();
}
