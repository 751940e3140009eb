using System.Globalization;
using System.Text;

namespace Portolan.Lab.Services.Mail;

/// <summary>An argument of an IMAP command: a text or a list in parentheses.</summary>
/// <param name="Text">The text: an atom, a quoted string or a literal.</param>
/// <param name="Items">What is in the list; <c>null</c> for a text.</param>
internal sealed record ImapArgument(string Text, IReadOnlyList<ImapArgument>? Items = null);

/// <summary>A command: its tag, its name in capitals, its arguments.</summary>
internal sealed record ImapCommand(string Tag, string Name, IReadOnlyList<ImapArgument> Arguments)
{
    private const int MaxDepth = 8;
    private const int MaxText = 32 << 10;
    private const int MaxLiteral = 10 << 20;

    // Stands in a line where a literal was; no byte of a client is this character.
    private const char Literal = '\ue000';

    /// <summary>A text argument, or <c>""</c>.</summary>
    internal string Argument(int at) => at < Arguments.Count ? Arguments[at].Text : "";

    /// <summary>Reads a command with its literals.</summary>
    /// <returns>The command, or what is wrong with it; both <c>null</c> at the end.</returns>
    internal static async Task<(ImapCommand? Command, string? Fault)> ReadAsync(LineTalk talk, CancellationToken cancellationToken)
    {
        var text = new StringBuilder();
        var literals = new Queue<string>();
        while (true)
        {
            var line = await talk.ReadLineAsync(cancellationToken);
            if (line.Kind == LineKind.End)
            {
                return (null, null);
            }

            if (line.Kind == LineKind.TooLong || text.Length + line.Text.Length > MaxText)
            {
                return (null, "* BAD the command is too long");
            }

            text.Append(line.Text);
            if (!TryReadLiteralLength(line.Text, out var start, out var length, out var mustAsk))
            {
                return Parse(text.ToString(), literals) is { } command
                    ? (command, null)
                    : (null, $"{TagOf(text.ToString())} BAD unknown command");
            }

            text.Length -= line.Text.Length - start;
            text.Append(Literal);
            if (length > MaxLiteral)
            {
                return (null, $"{TagOf(text.ToString())} NO [TOOBIG] the literal is too long");
            }

            if (mustAsk)
            {
                talk.WriteLine("+ go on");
            }

            var bytes = new byte[length];
            if (!await talk.ReadExactlyAsync(bytes, cancellationToken))
            {
                return (null, null);
            }

            literals.Enqueue(Encoding.Latin1.GetString(bytes));
        }
    }

    // "{12}", or "{12+}" from clients that do not wait (RFC 7888).
    private static bool TryReadLiteralLength(string line, out int start, out int length, out bool mustAsk)
    {
        (start, length, mustAsk) = (line.LastIndexOf('{'), 0, !line.EndsWith("+}", StringComparison.Ordinal));
        return start >= 0 && line.EndsWith('}')
            && int.TryParse(line.AsSpan((start + 1)..^(mustAsk ? 1 : 2)), NumberStyles.None, CultureInfo.InvariantCulture, out length);
    }

    private static string TagOf(string text)
    {
        var tag = text.Split(' ', 2)[0];
        return tag.Length is > 0 and < 64 && tag.All(static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_') ? tag : "*";
    }

    private static ImapCommand? Parse(string text, Queue<string> literals)
    {
        var at = 0;
        var words = new List<ImapArgument>();
        if (!TryRead(text, ref at, literals, words, 0) || words.Count < 2 || TagOf(text) == "*" || words[1].Items is not null)
        {
            return null;
        }

        return new ImapCommand(words[0].Text, words[1].Text.ToUpperInvariant(), words[2..]);
    }

    private static bool TryRead(string text, ref int at, Queue<string> literals, List<ImapArgument> into, int depth)
    {
        while (at < text.Length)
        {
            var first = text[at];
            if (first == ' ')
            {
                at++;
            }
            else if (first == ')')
            {
                return depth > 0;
            }
            else if (first == '(')
            {
                var inner = new List<ImapArgument>();
                at++;
                if (depth >= MaxDepth || !TryRead(text, ref at, literals, inner, depth + 1) || at >= text.Length)
                {
                    return false;
                }

                at++;
                into.Add(new ImapArgument("", inner));
            }
            else if (first == Literal)
            {
                at++;
                into.Add(new ImapArgument(literals.Dequeue()));
            }
            else if (first == '"' ? !TryReadQuoted(text, ref at, into) : !TryReadAtom(text, ref at, into))
            {
                return false;
            }
        }

        return depth == 0;
    }

    private static bool TryReadQuoted(string text, ref int at, List<ImapArgument> into)
    {
        var value = new StringBuilder();
        for (at++; at < text.Length && text[at] != '"'; at++)
        {
            if (text[at] == '\\' && ++at == text.Length)
            {
                return false;
            }

            value.Append(text[at]);
        }

        into.Add(new ImapArgument(value.ToString()));
        return at++ < text.Length;
    }

    // A section in brackets belongs to its atom, with spaces and parentheses: BODY[HEADER.FIELDS (FROM TO)]<0.100>.
    private static bool TryReadAtom(string text, ref int at, List<ImapArgument> into)
    {
        var start = at;
        for (; at < text.Length && text[at] is not (' ' or '(' or ')' or '"' or Literal); at++)
        {
            if (text[at] == '[')
            {
                at = text.IndexOf(']', at);
                if (at < 0)
                {
                    at = text.Length;
                    return false;
                }
            }
        }

        into.Add(new ImapArgument(text[start..at]));
        return true;
    }
}
