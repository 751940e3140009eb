using System.CommandLine;
using Portolan.Model;

namespace Portolan.Cli.Hosting;

/// <summary>
/// Looks over the raw words before the parser's result is trusted. System.CommandLine turns an unknown option into an
/// argument, the rest of a bundle into a value and a following option into a value; here each is a usage error.
/// </summary>
internal static class WordCheck
{
    private const int MostEdits = 2;

    /// <summary>Commands that change the machine.</summary>
    private static readonly string[] Changing = ["stop", "allow", "block", "reject", "forward"];

    /// <summary>Throws for the first word that starts with <c>-</c> and is no option of the command, and for unknown commands.</summary>
    public static void Check(IReadOnlyList<string> args, CommandLineRoot root)
    {
        var options = new List<Option>(root.Command.Options);
        if (!root.IsDefault)
        {
            options.AddRange(root.Globals.All);
        }

        Option? waiting = null;
        var hasWord = false;
        for (var i = root.FirstWord(args); i < args.Count; i++)
        {
            var word = args[i];
            var isOption = word.Length > 1 && word[0] == '-';
            if (waiting is not null && isOption)
            {
                throw Usage(
                    $"option {waiting.Name} needs a value, and {Show(word)} looks like another option", root,
                    $"if it is the value, write {waiting.Name}={word}");
            }

            if (waiting is not null)
            {
                waiting = null;
            }
            else if (word == "--")
            {
                return;
            }
            else if (isOption)
            {
                waiting = CheckOption(word, options, root);
            }
            else if (root.IsDefault)
            {
                // Only the first bare word stands where a command would.
                if (!hasWord && !IsFilter(word))
                {
                    throw UnknownCommand(word);
                }

                hasWord = true;
            }
            else if (root.Command is CommandGroup group)
            {
                throw group.UnknownCommand(word);
            }
        }
    }

    /// <summary>The error for a first word that names no command.</summary>
    public static PortolanException UnknownCommand(string word)
    {
        if (OtherTools.Find(word) is { } instead)
        {
            return new PortolanException($"{Show(word)} is not a command of Portolan", instead, ExitCode.Usage);
        }

        if (CommandTree.FindInGroups(word) is { } inside)
        {
            return new PortolanException(
                $"unknown command {Show(word)}; did you mean {inside}?", $"run portolan help {Advice.Prose(inside)}", ExitCode.Usage);
        }

        // What may be a name as well as a slip is a slip; behind -- it is a name. Nobody is led to a command that changes something.
        var nearest = NearestWord.Find(word, CommandTree.Names.Except(Changing));
        return new PortolanException(
            $"unknown command {Show(word)}{(nearest is null ? "" : $"; did you mean {nearest}?")}",
            nearest is not null ? $"run portolan help {nearest}"
                : word.Length > 0 && word.All(IsOfName) ? $"portolan -- {word} shows ports with that name"
                : Advice.Of($"portolan help lists the commands"),
            ExitCode.Usage);
    }

    /// <summary>Whether a first word chooses ports of the chart: it looks like a port or a name, and like no command.</summary>
    private static bool IsFilter(string word)
    {
        if (word.Length == 0 || !word.All(IsOfName))
        {
            return false;
        }

        if (char.IsAsciiDigit(word[0]) || word.Contains(':', StringComparison.Ordinal))
        {
            return true;
        }

        if (OtherTools.Find(word) is not null || CommandTree.FindInGroups(word) is not null)
        {
            return false;
        }

        foreach (var name in CommandTree.Names)
        {
            if (NearestWord.Distance(word, name) <= MostEdits)
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsOfName(char letter) => char.IsLetterOrDigit(letter) || ".:_-@/,[]%+~".Contains(letter, StringComparison.Ordinal);

    /// <summary>A usage error that names the command's help.</summary>
    public static PortolanException Usage(string message, CommandLineRoot root, Advice? hint = null)
    {
        var help = root.IsDefault ? Advice.Of($"portolan help") : $"portolan help {Advice.Prose(root.Command.FullName)}";
        return new PortolanException(message, hint ?? $"run {help}", ExitCode.Usage);
    }

    /// <summary>Returns the option that still needs the next word as its value, or <c>null</c>.</summary>
    private static Option? CheckOption(string word, List<Option> options, CommandLineRoot root)
    {
        if (Find(options, word) is { } exact)
        {
            return NeedsValue(exact) ? exact : null;
        }

        var equals = word.AsSpan().IndexOfAny('=', ':');
        if (equals > 0 && Find(options, word[..equals]) is { } assigned)
        {
            if (!TakesValue(assigned))
            {
                throw Usage($"option {assigned.Name} takes no value", root);
            }

            // The parser would take the next word for the value that is missing here.
            return equals + 1 < word.Length || !NeedsValue(assigned) ? null : throw Usage($"option {assigned.Name} needs a value", root);
        }

        if (word[1] == '-')
        {
            throw Unknown(equals > 0 ? word[..equals] : word, options, root);
        }

        if (root.Command.Remedy(word) is not null)
        {
            throw Unknown(word, options, root);
        }

        // A bundle such as -tulpn: flags, of which the last may take the rest or the next word as its value.
        for (var i = 1; i < word.Length; i++)
        {
            if (Find(options, string.Concat("-", word.AsSpan(i, 1))) is not { } option)
            {
                throw Unknown(word.Length == 2 ? word : $"-{word[i]}", options, root, word.Length == 2 ? null : word);
            }

            if (TakesValue(option))
            {
                return i == word.Length - 1 && NeedsValue(option) ? option : null;
            }
        }

        return null;
    }

    private static PortolanException Unknown(string name, List<Option> options, CommandLineRoot root, string? bundle = null)
    {
        if (root.Command.Remedy(name) is { } remedy)
        {
            return Usage($"portolan {root.Command.FullName} has no option {Show(name)}", root, remedy);
        }

        var names = options.Where(o => !o.Hidden).SelectMany(o => o.Aliases.Append(o.Name)).Where(n => n.Length > 2);
        var nearest = name.Length > 2 ? NearestWord.Find(name, names) : null;
        var inside = bundle is null ? "" : $" in {Show(bundle)}";
        var command = root.IsDefault ? "" : $" for portolan {root.Command.FullName}";
        return Usage($"unknown option {Show(name)}{inside}{command}{(nearest is null ? "" : $"; did you mean {nearest}?")}", root);
    }

    private static Option? Find(List<Option> options, string name)
    {
        foreach (var option in options)
        {
            if (string.Equals(option.Name, name, StringComparison.Ordinal) || option.Aliases.Contains(name))
            {
                return option;
            }
        }

        return null;
    }

    private static bool TakesValue(Option option) => option.Arity.MaximumNumberOfValues > 0;

    private static bool NeedsValue(Option option) => option.Arity.MinimumNumberOfValues > 0;

    private static string Show(string word) => $"'{TerminalText.Escape(word)}'";
}
