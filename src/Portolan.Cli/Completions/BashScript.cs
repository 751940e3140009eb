using System.Text;

namespace Portolan.Cli.Completions;

/// <summary>Writes the completion script of bash 4 and later. It needs no bash-completion package.</summary>
internal static class BashScript
{
    private const string Head =
        """
        # bash completion for portolan, made by `portolan completions bash`.
        # Try it in this shell:  eval "$(portolan completions bash)"

        # Asks the program for words that only it knows.
        _portolan_dynamic() {
            local word meaning
            while IFS=$'\t' read -r word meaning; do
                COMPREPLY+=("$word")
            done < <("${COMP_WORDS[0]}" "[suggest:$((COMP_CWORD - 1))]" "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
        }

        _portolan_words() {
            mapfile -t COMPREPLY < <(compgen -W "$1" -- "$current")
        }

        _portolan() {
            local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command='' i
            COMPREPLY=()

            # readline takes --option=value for three words.
            if [[ $current == '=' ]]; then
                current=''
            elif [[ $previous == '=' ]]; then
                previous=${COMP_WORDS[COMP_CWORD - 2]}
            fi

            for ((i = 1; i < COMP_CWORD; i++)); do
                case ${COMP_WORDS[i]} in
                    --color) ((i++)) ;;
                    -* | '=') ;;
                    *)
                        command+=${command:+ }${COMP_WORDS[i]}
                        case $command in
                            GROUPS) ;;
                            *) break ;;
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

        complete -F _portolan portolan

        """;

    /// <summary>The script.</summary>
    public static string Render(CompletionTree tree)
    {
        var groups = tree.Groups.ToDictionary(g => g.Path, g => string.Join(' ', g.Commands.Select(c => c.Name)), StringComparer.Ordinal);
        var script = new StringBuilder(Head.Replace("GROUPS", string.Join(" | ", groups.Keys.Select(Pattern)), StringComparison.Ordinal));
        AppendCommand(script, "''", tree.Default, string.Join(' ', tree.First.Select(c => c.Name)));
        foreach (var command in tree.Commands)
        {
            AppendCommand(script, Pattern(command.Path), command, groups.GetValueOrDefault(command.Path));
        }

        return script.Append(Tail).ToString();
    }

    private static string Pattern(string path) => path.Contains(' ', StringComparison.Ordinal) ? $"'{path}'" : path;

    private static void AppendCommand(StringBuilder script, string pattern, CompletedCommand command, string? subcommands)
    {
        script.Append($"        {pattern})\n            case $previous in\n");
        foreach (var option in command.Options.Where(o => o.Value is not null))
        {
            script.Append($"                {string.Join(" | ", option.Names)})\n");
            AppendValue(script, "                    ", option.Value!);
            script.Append("                    return\n                    ;;\n");
        }

        script.Append("            esac\n            if [[ $current == -* ]]; then\n");
        script.Append($"                _portolan_words '{string.Join(' ', command.Options.SelectMany(o => o.Names))}'\n");
        if (subcommands is not null)
        {
            script.Append($"            else\n                _portolan_words '{subcommands}'\n");
        }
        else if (command.Argument is { Kind: not ValueKind.Free } argument)
        {
            script.Append("            else\n");
            AppendValue(script, "                ", argument);
        }

        script.Append("            fi\n            ;;\n");
    }

    private static void AppendValue(StringBuilder script, string indent, CompletedValue value) => script.Append(value.Kind switch
    {
        ValueKind.Words => $"{indent}_portolan_words '{string.Join(' ', value.Words)}'\n",
        ValueKind.File => $"{indent}compopt -o default\n",
        ValueKind.Dynamic => $"{indent}_portolan_dynamic\n",
        _ => "",
    });
}
