using System.CommandLine;
using System.CommandLine.Parsing;

namespace Portolan.Cli.Hosting;

/// <summary>Says the parser's first complaint in this program's words.</summary>
internal static class ParseErrorText
{
    /// <summary>One sentence without a full stop.</summary>
    public static string Describe(ParseResult parsed)
    {
        if (parsed.UnmatchedTokens.Count > 0)
        {
            return $"unexpected word '{TerminalText.Escape(parsed.UnmatchedTokens[0])}'";
        }

        var error = parsed.Errors[0];
        return error.SymbolResult switch
        {
            OptionResult { Tokens.Count: 0, Option: var option } => $"option {option.Name} needs a value",
            ArgumentResult { Tokens.Count: 0, Parent: OptionResult { Option: var option } } => $"option {option.Name} needs a value",
            ArgumentResult { Tokens.Count: 0, Argument: var argument, Parent: CommandResult } => $"{Placeholder(argument)} is missing",
            CommandResult { Command: var command }
                when command.Arguments.FirstOrDefault(a => a.Arity.MinimumNumberOfValues > 0) is { } argument
                && parsed.GetResult(argument) is null or { Tokens.Count: 0 } => $"{Placeholder(argument)} is missing",
            _ => Sentence(error.Message),
        };
    }

    private static string Placeholder(Argument argument) => argument.HelpName ?? argument.Name.ToUpperInvariant();

    private static string Sentence(string message)
    {
        var text = message.TrimEnd('.', ' ');
        return text.Length > 1 && char.IsUpper(text[0]) && char.IsLower(text[1]) ? char.ToLowerInvariant(text[0]) + text[1..] : text;
    }
}
