using System.Text;

namespace Portolan.Cli.Completions;

/// <summary>Writes the completion script of fish.</summary>
internal static class FishScript
{
    private const string Head =
        """
        # fish completion for portolan, made by `portolan completions fish`.

        # Asks the program for words that only it knows.
        function __portolan_dynamic
            set -l words (commandline -opc)
            set -l program $words[1]
            set -e words[1]
            $program "[suggest:"(count $words)"]" $words (commandline -ct) 2>/dev/null
        end

        # Whether the command named so far is the given one; with an empty name, whether none is named yet.
        function __portolan_using
            set -l words (commandline -opc)
            set -e words[1]
            set -l skip 0
            set -l named
            for word in $words
                if test $skip = 1
                    set skip 0
                    continue
                end
                switch $word
                    case --color
                        set skip 1
                    case '-*'
                    case '*'
                        set -a named $word
                        # Behind a group stands one of its commands.
                        contains -- "$named" GROUPS; or break
                end
            end
            test "$named" = "$argv[1]"
        end

        complete -c portolan -f

        """;

    /// <summary>The script.</summary>
    public static string Render(CompletionTree tree)
    {
        var script =
            new StringBuilder(Head.Replace("GROUPS", string.Join(' ', tree.Groups.Select(g => Quote(g.Path))), StringComparison.Ordinal));
        foreach (var command in tree.Commands)
        {
            script.Append($"{Using(command.Parent)} -a {command.Name} -d {Quote(command.Summary)}\n");
        }

        AppendOptions(script, tree.Default, "");
        foreach (var command in tree.Commands)
        {
            AppendOptions(script, command, command.Path);
            if (command.Argument is { Kind: not ValueKind.Free } argument)
            {
                script.Append($"{Using(command.Path)}{Values(argument, isArgument: true)}\n");
            }
        }

        return script.ToString();
    }

    private static string Using(string path) =>
        $"complete -c portolan -n '__portolan_using "
            + $"{(path.Length == 0 || path.Contains(' ', StringComparison.Ordinal) ? $"\"{path}\"" : path)}'";

    private static void AppendOptions(StringBuilder script, CompletedCommand command, string path)
    {
        foreach (var option in command.Options)
        {
            script.Append(Using(path));
            foreach (var spelled in option.Names)
            {
                // A word such as nmap's -sS is an "old" option to fish: long, with one dash.
                script.Append(
                    spelled.StartsWith("--", StringComparison.Ordinal)
                        ? $" -l {spelled[2..]}"
                        : spelled.Length > 2 ? $" -o {spelled[1..]}" : $" -s {spelled[1..]}");
            }

            script.Append(option.Value is null ? "" : Values(option.Value, isArgument: false)).Append($" -d {Quote(option.Description)}\n");
        }
    }

    private static string Values(CompletedValue value, bool isArgument) => value.Kind switch
    {
        ValueKind.Words => $"{(isArgument ? "" : " -x")} -a {Quote(string.Join(' ', value.Words))}",
        ValueKind.File => isArgument ? " -F" : " -r -F",
        ValueKind.Dynamic => $"{(isArgument ? "" : " -x")} -a '(__portolan_dynamic)'",
        _ => " -x",
    };

    private static string Quote(string text) =>
        $"'{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal)}'";
}
