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
                        command=${COMP_WORDS[i]}
                        break
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
        var script = new StringBuilder(Head);
        AppendCommand(script, "''", tree.Default, string.Join(' ', tree.Commands.Select(c => c.Name)));
        foreach (var command in tree.Commands)
        {
            AppendCommand(script, command.Name, command, null);
        }

        return script.Append(Tail).ToString();
    }

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
