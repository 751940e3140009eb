namespace Portolan.Sockets.Filtering.Syntax;

/// <summary>
/// Reads a filter: <c>not</c> binds before <c>and</c>, and <c>and</c> before <c>or</c>; two conditions side by side mean <c>and</c>.
/// State words at the very front are read as ss reads them (<see cref="ReadLeadingStates"/>).
/// </summary>
internal sealed class FilterParser
{
    /// <summary>How deep parentheses and <c>not</c> may nest. The tree is walked by recursion.</summary>
    public const int MaxDepth = 64;

    private readonly string _text;
    private readonly List<FilterToken> _tokens;
    private FilterError? _error;
    private int _next;
    private int _depth;

    private FilterParser(string text, List<FilterToken> tokens)
    {
        _text = text;
        _tokens = tokens;
    }

    private FilterToken Current => _tokens[_next];

    private bool StartsCondition => Current.Kind is FilterTokenKind.Word or FilterTokenKind.Open or FilterTokenKind.Not;

    /// <summary>Reads a filter; <c>null</c> for an empty one, which matches everything.</summary>
    public static bool TryParse(string text, out FilterNode? node, out FilterError? error)
    {
        node = null;
        var tokens = FilterLexer.Cut(text, out error);
        if (tokens is null)
        {
            return false;
        }

        if (tokens.Count > 1)
        {
            var parser = new FilterParser(text, tokens);
            node = parser.ReadFilter();
            error = parser._error;
        }

        return error is null;
    }

    private FilterNode? ReadFilter()
    {
        var node = IsStateWord(Current) ? ReadLeadingStates() : ReadOr(ReadAnd(ReadNot()));
        return node is null || Current.Kind == FilterTokenKind.End ? node
            : Current.Kind == FilterTokenKind.Close ? Fail(Current, "this ) has no (")
            : FailBeforeCondition();
    }

    private static bool IsStateWord(FilterToken token) => token.Kind == FilterTokenKind.Word && !token.IsQuoted
        && (FilterFields.State.IsNamed(token.Text) || IsExclude(token.Text));

    private static bool IsExclude(string word) =>
        word.Equals("exclude", StringComparison.OrdinalIgnoreCase) || word.Equals("excl", StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// ss takes its state words first and apart from the rest: each <c>state</c> adds states, each <c>exclude</c> takes some away, and
    /// the expression that follows is judged among the states that are left. People who type that get the same here; an <c>and</c> or
    /// <c>or</c> after the state words makes them an ordinary condition.
    /// </summary>
    private FilterNode? ReadLeadingStates()
    {
        uint? states = null;
        var onlyExcluded = true;
        while (IsStateWord(Current))
        {
            switch (ReadCondition())
            {
                case StateNode included:
                    states = (states ?? 0) | included.States;
                    onlyExcluded = false;
                    break;
                case NotNode { Operand: StateNode excluded }:
                    states = (states ?? StateWords.All) & ~excluded.States;
                    break;
                default:
                    return null;
            }
        }

        var left = states ?? 0;
        FilterNode node = onlyExcluded || left == 0 ? new NotNode(new StateNode(StateWords.All & ~left)) : new StateNode(left);
        if (!StartsCondition)
        {
            return ReadOr(ReadAnd(node));
        }

        return ReadOr(ReadAnd(ReadNot())) is { } rest ? new AndNode(rest is AndNode and ? [node, .. and.Operands] : [node, rest]) : null;
    }

    private FilterNode? ReadOr(FilterNode? first)
    {
        if (first is null || Current.Kind != FilterTokenKind.Or)
        {
            return first;
        }

        var operands = new List<FilterNode> { first };
        while (Current.Kind == FilterTokenKind.Or)
        {
            var or = _tokens[_next++];
            if (ReadAnd(ReadOperand(or)) is not { } operand)
            {
                return null;
            }

            operands.Add(operand);
        }

        return new OrNode(operands);
    }

    private FilterNode? ReadAnd(FilterNode? first)
    {
        if (first is null || !(Current.Kind == FilterTokenKind.And || StartsCondition))
        {
            return first;
        }

        var operands = new List<FilterNode> { first };
        while (Current.Kind == FilterTokenKind.And || StartsCondition)
        {
            var operand = Current.Kind == FilterTokenKind.And ? ReadOperand(_tokens[_next++]) : ReadNot();
            if (operand is null)
            {
                return null;
            }

            operands.Add(operand);
        }

        return new AndNode(operands);
    }

    private FilterNode? ReadOperand(FilterToken after) => StartsCondition ? ReadNot()
        : Current.Kind is FilterTokenKind.End or FilterTokenKind.Close ? Fail(after, $"a condition must follow \"{after.Text}\"")
        : FailBeforeCondition();

    private FilterNode? ReadNot()
    {
        if (Current.Kind != FilterTokenKind.Not)
        {
            return ReadPrimary();
        }

        var not = _tokens[_next++];
        if (++_depth > MaxDepth)
        {
            return Fail(not, $"a filter nests at most {MaxDepth} deep");
        }

        var operand = ReadOperand(not);
        _depth--;
        return operand is null ? null : new NotNode(operand);
    }

    private FilterNode? ReadPrimary()
    {
        if (Current.Kind == FilterTokenKind.Word)
        {
            return ReadCondition();
        }

        if (Current.Kind != FilterTokenKind.Open)
        {
            return FailBeforeCondition();
        }

        var open = _tokens[_next++];
        if (++_depth > MaxDepth)
        {
            return Fail(open, $"a filter nests at most {MaxDepth} deep");
        }

        if (Current.Kind is FilterTokenKind.Close or FilterTokenKind.End)
        {
            return Fail(open, Current.Kind == FilterTokenKind.Close ? "empty parentheses" : "this ( is never closed");
        }

        var node = ReadOr(ReadAnd(ReadNot()));
        _depth--;
        if (node is null)
        {
            return null;
        }

        if (Current.Kind != FilterTokenKind.Close)
        {
            return Current.Kind == FilterTokenKind.End ? Fail(open, "this ( is never closed") : FailBeforeCondition();
        }

        _next++;
        return node;
    }

    /// <summary>Reads a field with its comparison and values.</summary>
    private FilterNode? ReadCondition()
    {
        var word = _tokens[_next++];
        var excludes = !word.IsQuoted && IsExclude(word.Text);
        if ((excludes ? FilterFields.State : word.IsQuoted ? null : FilterFields.Find(word.Text)) is not { } field)
        {
            return FilterGuess.Fail(_text, word, out _error);
        }

        var negated = excludes;
        var comparison = FilterComparison.Equal;
        var sign = Current;
        if (!field.IsFlag && FilterSigns.TryRead(_tokens, ref _next, out comparison, out var isNegated))
        {
            negated ^= isNegated;
        }

        if (comparison != FilterComparison.Equal && !field.IsOrdered)
        {
            return Fail(sign, $"\"{field.Name}\" has no order: use = or !=");
        }

        var values = field.IsFlag ? [] : ReadValues(word, field, FilterSigns.IsIn(_tokens[_next - 1]));
        if (values is null)
        {
            return null;
        }

        if (comparison != FilterComparison.Equal && values.Count > 1)
        {
            var extra = values[1];
            return Fail(extra.Position, extra.Length, $"\"{sign.Text}\" takes one value");
        }

        var use = new FieldUse(_text, field, comparison, values);
        var node = field.Read(use);
        _error = use.Error;
        return node is not null && negated ? new NotNode(node) : node;
    }

    private List<FilterValue>? ReadValues(FilterToken word, FilterField field, bool mayBeParenthesised)
    {
        var values = new List<FilterValue>();
        var parentheses = mayBeParenthesised && Current.Kind == FilterTokenKind.Open;
        var open = Current;
        _next += parentheses ? 1 : 0;
        while (Current.Kind == FilterTokenKind.Word)
        {
            // "22, 80" and "22 ,80" are one list: an empty piece at the edge of a word joins it to its neighbour.
            var pieces = _tokens[_next++].Values;
            var joins = pieces.Count > 1 && IsEmpty(pieces[^1]);
            var skip = pieces.Count > 1 && IsEmpty(pieces[0]) && values.Count > 0 ? 1 : 0;
            values.AddRange(pieces.Skip(skip).Take(pieces.Count - skip - (joins ? 1 : 0)));
            if (!parentheses && !joins && !(Current.Kind == FilterTokenKind.Word && Current.Values is [var first, _, ..] && IsEmpty(first)))
            {
                break;
            }
        }

        var empty = values.FindIndex(IsEmpty);
        if (empty >= 0)
        {
            Fail(values[empty].Position, 1, "a value is missing here");
            return null;
        }

        if (parentheses && Current.Kind != FilterTokenKind.Close)
        {
            Fail(open, "this ( is never closed");
            return null;
        }

        _next += parentheses ? 1 : 0;
        if (values.Count == 0)
        {
            FailMissingValue(word, field);
            return null;
        }

        return values;
    }

    private static bool IsEmpty(FilterValue value) => value.Text.Length == 0 && !value.IsQuoted;

    private void FailMissingValue(FilterToken word, FilterField field)
    {
        Advice hint = Current.Kind switch
        {
            FilterTokenKind.Open => $"separate list items with commas, for example: {Advice.Prose(field.Example)}",
            FilterTokenKind.And or FilterTokenKind.Or or FilterTokenKind.Not =>
                $"for example: {Advice.Prose(field.Example)}; a value that is spelled {Advice.Prose($"\"{Current.Text}\"")} needs quotes",
            _ => $"for example: {Advice.Prose(field.Example)}",
        };
        _ = Current.Kind == FilterTokenKind.End
            ? Fail(_text.Length, 0, $"\"{word.Text}\" needs a value", hint)
            : Fail(Current.Position, Current.Length, $"\"{word.Text}\" needs a value", hint);
    }

    private FilterNode? FailBeforeCondition() => Current.Kind switch
    {
        FilterTokenKind.And or FilterTokenKind.Or => Fail(Current, $"a condition must stand before \"{Current.Text}\""),
        FilterTokenKind.Close => Fail(Current, "this ) has no ("),
        FilterTokenKind.Comparison => Fail(Current, $"a field must stand before \"{Current.Text}\""),
        _ => Fail(Current, "a condition is missing here"),
    };

    private FilterNode? Fail(FilterToken token, string message) => Fail(token.Position, token.Length, message);

    private FilterNode? Fail(int position, int length, string message, Advice? hint = null)
    {
        _error ??= new FilterError(_text, message, position, length, Suggestion: null, hint);
        return null;
    }
}
