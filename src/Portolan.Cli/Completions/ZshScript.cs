using System.Text;

namespace Portolan.Cli.Completions;

/// <summary>Writes the completion script of zsh, for a file <c>_portolan</c> in a folder of <c>$fpath</c>.</summary>
internal static class ZshScript
{
    private const string Head =
        """
        #compdef portolan
        # zsh completion for portolan, made by `portolan completions zsh`. Put it into a folder of $fpath as _portolan.

        # Asks the program for words that only it knows.
        _portolan_dynamic() {
            local line
            local -a items
            for line in ${(f)"$(${words[1]} "[suggest:$((CURRENT - 2))]" "${(@)words[2,CURRENT]}" 2>/dev/null)"}; do
                items+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
            done
            _describe -V 'value' items
        }

        _portolan() {
            local command='' i
            local -a commands=(COMMANDS
            )GROUPARRAYS
            for ((i = 2; i < CURRENT; i++)); do
                case ${words[i]} in
                    --color) ((i++)) ;;
                    -*) ;;
                    *)
                        command+=${command:+ }${words[i]}
                        case $command in
                            (GROUPPATHS) ;;
                            (*) break ;;
                        esac
                        ;;
                esac
            done

            case $command in

        """;

    private const string Tail =
        """
            esac
        }

        if [[ ${funcstack[1]} == _portolan ]]; then
            _portolan "$@"
        else
            compdef _portolan portolan
        fi

        """;

    /// <summary>The script.</summary>
    public static string Render(CompletionTree tree)
    {
        var arrays = tree.Groups.Select(g => $"\n    local -a {ArrayName(g.Path)}=({Commands(g.Commands)}\n    )");
        var script = new StringBuilder(Head
            .Replace("COMMANDS", Commands(tree.First), StringComparison.Ordinal)
            .Replace("GROUPARRAYS", string.Concat(arrays), StringComparison.Ordinal)
            .Replace("GROUPPATHS", string.Join('|', tree.Groups.Select(g => Pattern(g.Path))), StringComparison.Ordinal));
        AppendCommand(script, "''", tree.Default, "'1:command:{_describe command commands}'");
        foreach (var command in tree.Commands)
        {
            // The words that name the command are the first arguments of the line.
            var depth = command.Path.Count(c => c == ' ') + 1;
            var named = string.Join(' ', Enumerable.Range(1, depth).Select(i => $"'{i}:command:'"));
            AppendCommand(
                script,
                Pattern(command.Path),
                command,
                command.IsGroup
                    ? $"{named} '{depth + 1}:command:{{_describe command {ArrayName(command.Path)}}}'"
                    : $"{named} {Argument(command)}");
        }

        return script.Append(Tail).ToString();
    }

    private static void AppendCommand(StringBuilder script, string pattern, CompletedCommand command, string positional)
    {
        script.Append($"        ({pattern})\n            _arguments -s -S \\\n");
        foreach (var option in command.Options)
        {
            script.Append($"                {Option(option)} \\\n");
        }

        script.Append($"                {positional}\n            ;;\n");
    }

    /// <summary>Elements for _describe: a colon ends the word, and nothing else is special.</summary>
    private static string Commands(IEnumerable<CompletedCommand> commands) => string.Concat(commands.Select(c =>
        $"\n        '{c.Name}:{c.Summary.Replace("'", "'\\''", StringComparison.Ordinal)}'"));

    private static string ArrayName(string path) => $"{path.Replace(' ', '_').Replace('-', '_')}_commands";

    private static string Pattern(string path) => path.Contains(' ', StringComparison.Ordinal) ? $"'{path}'" : path;

    private static string Argument(CompletedCommand command) =>
        command.Argument is { } argument ? $"'*:{Quote(argument.Placeholder)}:{Action(argument)}'" : "";

    private static string Option(CompletedOption option)
    {
        var isFlag = option.Value is null;
        string[] names = [.. option.Names.Select(n => isFlag ? n : n.StartsWith("--", StringComparison.Ordinal) ? $"{n}=" : $"{n}+")];
        var exclusive = names.Length > 1 ? $"'({string.Join(' ', option.Names)})'" : "";
        var spelled = names.Length > 1 ? $"{{{string.Join(',', names)}}}" : names[0];
        var value = isFlag ? "" : $":{Quote(option.Value!.Placeholder)}:{Action(option.Value)}";
        return $"{exclusive}{spelled}'[{Quote(option.Description)}]{value}'";
    }

    private static string Action(CompletedValue value) => value.Kind switch
    {
        ValueKind.Words => $"({string.Join(' ', value.Words)})",
        ValueKind.File => "_files",
        ValueKind.Dynamic => "_portolan_dynamic",
        _ => " ",
    };

    /// <summary>Text inside single quotes and brackets of a specification.</summary>
    private static string Quote(string text)
    {
        var quoted = new StringBuilder();
        foreach (var character in text)
        {
            quoted.Append(character switch
            {
                '\'' => "'\\''",
                '[' or ']' or ':' or '\\' => $"\\{character}",
                _ => $"{character}",
            });
        }

        return quoted.ToString();
    }
}
