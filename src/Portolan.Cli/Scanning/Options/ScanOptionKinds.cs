using System.CommandLine;
using Portolan.Cli.Hosting;
using Portolan.Model;

namespace Portolan.Cli.Scanning.Options;

/// <summary>Makes the options of <c>scan</c> in few words.</summary>
internal static class ScanOptionKinds
{
    /// <summary>A flag with a short name.</summary>
    public static Option<bool> Flag(string name, string description, params string[] aliases) =>
        new(name, aliases) { Description = description };

    /// <summary>A flag that nmap spells in its own way, such as <c>-sS</c>.</summary>
    public static Option<bool> Spelled(string name, string spelling, string description) =>
        new SpelledOption<bool>(name, spelling) { Description = description };

    /// <summary>An option with a value. Given twice, the last one counts unless it is read with <see cref="All"/>.</summary>
    public static Option<string[]> Value(string name, string placeholder, string description, params string[] aliases) => new(name, aliases)
    {
        Description = description,
        HelpName = placeholder,
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = false,
    };

    /// <summary>An option with a value that nmap spells in its own way, such as <c>-oX</c>.</summary>
    public static Option<string[]> SpelledValue(string name, string spelling, string placeholder, string description) =>
        new SpelledOption<string[]>(name, spelling)
        {
            Description = description,
            HelpName = placeholder,
            Arity = ArgumentArity.OneOrMore,
            AllowMultipleArgumentsPerToken = false,
        };

    /// <summary>Hides an option from help: it is taken because nmap's users type it, and changes nothing.</summary>
    public static Option<T> Hidden<T>(Option<T> option)
    {
        option.Hidden = true;
        return option;
    }

    /// <summary>The last value given, or <c>null</c>.</summary>
    /// <exception cref="PortolanException">The value is empty.</exception>
    public static string? Last(this ParseResult parsed, Option<string[]> option)
    {
        var values = parsed.GetValue(option);
        return values is null or [] ? null : values[^1] is { Length: > 0 } value ? value : throw Empty(option);
    }

    /// <summary>All values given.</summary>
    /// <exception cref="PortolanException">A value is empty.</exception>
    public static string[] All(this ParseResult parsed, Option<string[]> option)
    {
        var values = parsed.GetValue(option) ?? [];
        return Array.IndexOf(values, "") < 0 ? values : throw Empty(option);
    }

    /// <summary>How people call an option: nmap's word where there is one.</summary>
    public static string CalledBy(Option option) =>
        option is ISpelledOption spelled ? spelled.Spelling : option.Aliases.FirstOrDefault() ?? option.Name;

    private static PortolanException Empty(Option option) => ScanErrors.Usage($"option {CalledBy(option)} needs a value");
}
