using System.Text;

namespace Portolan.Sockets.Filtering.Syntax;

/// <summary>
/// Cuts a filter into words. A word ends at white space, parentheses and the signs <c>= ! &lt; &gt; &amp; |</c>; quotes (' or ")
/// and a backslash take such characters into a word.
/// </summary>
internal sealed class FilterLexer
{
    private readonly string _text;
    private readonly List<FilterToken> _tokens = [];
    private int _at;

    private FilterLexer(string text) => _text = text;

    /// <summary>
    /// Cuts the text; the last token is <see cref="FilterTokenKind.End"/>. <c>null</c> with an error when it cannot be cut.
    /// </summary>
    public static List<FilterToken>? Cut(string text, out FilterError? error)
    {
        var lexer = new FilterLexer(text);
        error = null;
        while (error is null && lexer.SkipSpace())
        {
            error = lexer.Next();
        }

        lexer.Add(FilterTokenKind.End, 0);
        return error is null ? lexer._tokens : null;
    }

    private bool SkipSpace()
    {
        while (_at < _text.Length && char.IsWhiteSpace(_text[_at]))
        {
            _at++;
        }

        return _at < _text.Length;
    }

    private FilterError? Next()
    {
        var following = _at + 1 < _text.Length ? _text[_at + 1] : '\0';
        switch (_text[_at])
        {
            case '(':
                return Add(FilterTokenKind.Open, 1);
            case ')':
                return Add(FilterTokenKind.Close, 1);
            case '&':
                return Add(FilterTokenKind.And, following == '&' ? 2 : 1);
            case '|':
                return Add(FilterTokenKind.Or, following == '|' ? 2 : 1);
            case '!' when following != '=':
                return Add(FilterTokenKind.Not, 1);
            case '=' when following is '<' or '>':
                return Wrong(2, following == '<' ? "<=" : ">=");
            case '<' when following == '>':
                return Wrong(2, "!=");
            case '=' or '<' or '>' or '!':
                return Add(FilterTokenKind.Comparison, following == '=' ? 2 : 1);
            default:
                return Word();
        }
    }

    private FilterError Wrong(int length, string right) =>
        new(_text, $"unknown operator \"{_text.AsSpan(_at, length)}\"", _at, length, right);

    private FilterError? Add(FilterTokenKind kind, int length)
    {
        _tokens.Add(new FilterToken(kind, _text.Substring(_at, length), _at, length, []));
        _at += length;
        return null;
    }

    private FilterError? Word()
    {
        var start = _at;
        var pieceStart = _at;
        var piece = new StringBuilder();
        var values = new List<FilterValue>(1);
        var quoted = false;
        while (_at < _text.Length && !EndsWord(_text[_at]))
        {
            var c = _text[_at++];
            if (c is '"' or '\'')
            {
                quoted = true;
                if (!Quoted(c, piece))
                {
                    return new FilterError(_text, "unterminated quote", start, 1);
                }
            }
            else if (c == '\\' && _at < _text.Length)
            {
                quoted = true;
                piece.Append(_text[_at++]);
            }
            else if (c == ',')
            {
                values.Add(new FilterValue(piece.ToString(), pieceStart, _at - 1 - pieceStart, quoted));
                piece.Clear();
                (pieceStart, quoted) = (_at, false);
            }
            else
            {
                piece.Append(c);
            }
        }

        values.Add(new FilterValue(piece.ToString(), pieceStart, _at - pieceStart, quoted));
        var text = values.Count == 1 ? values[0].Text : _text[start.._at];
        var isPlain = values.Count > 1 || quoted;
        _tokens.Add(new FilterToken(isPlain ? FilterTokenKind.Word : KindOf(text), text, start, _at - start, values));
        return null;
    }

    // "!" starts a word's end only as "!=": a process may be called "a!b".
    private bool EndsWord(char c) => char.IsWhiteSpace(c) || c is '(' or ')' or '=' or '<' or '>' or '&' or '|'
        || (c == '!' && _at + 1 < _text.Length && _text[_at + 1] == '=');

    private bool Quoted(char quote, StringBuilder word)
    {
        while (_at < _text.Length)
        {
            var c = _text[_at++];
            if (c == quote)
            {
                return true;
            }

            word.Append(c == '\\' && _at < _text.Length ? _text[_at++] : c);
        }

        return false;
    }

    private static FilterTokenKind KindOf(string word) =>
        word.Equals("not", StringComparison.OrdinalIgnoreCase) ? FilterTokenKind.Not
        : word.Equals("and", StringComparison.OrdinalIgnoreCase) ? FilterTokenKind.And
        : word.Equals("or", StringComparison.OrdinalIgnoreCase) ? FilterTokenKind.Or
        : FilterTokenKind.Word;
}
