namespace Portolan.Sockets.Filtering;

/// <summary>
/// Words that are no filter yet say what is meant: <c>list :8000</c>, <c>list 8000-8100</c>, <c>list nginx</c>. Only words at the front,
/// and none that looks like a misspelt field: <c>list stat established</c> stays an error.
/// </summary>
public static class ListShorthand
{
    private static readonly string[] Joins = ["and ", "or ", "&& ", "|| ", "& ", "| "];

    /// <summary>The words with such ones as conditions, any of which may hold; <c>null</c> where the filter needs none of that.</summary>
    /// <param name="words">The words of a filter.</param>
    /// <param name="readNames">Reads the names that may stand in it.</param>
    /// <param name="hasName">Whether a word is taken for the name of an owner.</param>
    public static string[]? Expand(IReadOnlyList<string> words, Func<FilterNames> readNames, out bool hasName)
    {
        ArgumentNullException.ThrowIfNull(words);
        ArgumentNullException.ThrowIfNull(readNames);
        hasName = false;
        if (words.Count == 0 || FilterFields.Find(words[0]) is not null)
        {
            return null;
        }

        var names = readNames();
        var conditions = new List<string>();
        foreach (var word in words)
        {
            if (Condition(word, names, out var isName) is not { } condition)
            {
                break;
            }

            conditions.Add(condition);
            hasName |= isName;
        }

        if (conditions.Count == 0)
        {
            return null;
        }

        var rest = string.Join(' ', words.Skip(conditions.Count));
        var isJoined = rest.Length == 0 || Array.Exists(Joins, join => rest.StartsWith(join, StringComparison.OrdinalIgnoreCase));
        return [$"({string.Join(" or ", conditions)})", isJoined ? rest : $"and ({rest})"];
    }

    /// <summary>The condition that a word stands for, or <c>null</c> where it is a filter, or a slip.</summary>
    private static string? Condition(string word, FilterNames names, out bool isName)
    {
        isName = false;
        if (word.Length == 0 || word.Contains(' ', StringComparison.Ordinal) || !word.All(IsPlain))
        {
            return null;
        }

        if ((Ports(word) ?? Address(word)) is { } condition)
        {
            return condition;
        }

        if (FilterFields.Find(word) is not null || SocketFilter.TryParse([word], names, out _, out var error))
        {
            return null;
        }

        // A suggestion of two words is a condition with this word as its value; one of one word is a field that is spelled alike.
        if (error?.Suggestion is { } suggestion)
        {
            return suggestion.Contains(' ', StringComparison.Ordinal) && SocketFilter.TryParse([suggestion], names, out _, out _)
                ? suggestion : null;
        }

        isName = error is { IsUnknownField: true } && char.IsLetterOrDigit(word[0]);
        var pattern = word.AsSpan().ContainsAny('*', '?') ? word : $"*{word}*";
        return isName ? $"process {pattern} or unit {pattern} or container {pattern}" : null;
    }

    private static string? Ports(string word)
    {
        var text = word.TrimStart(':');
        var protocol = "";
        if (text.IndexOf('/', StringComparison.Ordinal) is > 0 and var slash)
        {
            (protocol, text) = (text[(slash + 1)..], text[..slash]);
        }

        return text.Length > 0 && char.IsAsciiDigit(text[0]) && text.All(static c => char.IsAsciiDigit(c) || c is '-' or ',')
            && protocol.All(char.IsAsciiLetter)
            ? protocol.Length > 0 ? $"port {text} and protocol {protocol}" : $"port {text}"
            : null;
    }

    private static string? Address(string word) =>
        word.LastIndexOf(':') is > 0 and var colon && InternetAddress.TryParse(word.AsSpan(0, colon).Trim("[]"), out _)
            && (word[0] == '[' || !InternetAddress.TryParse(word, out _))
            ? $"address {word}" : null;

    private static bool IsPlain(char letter) => char.IsLetterOrDigit(letter) || ".:_-@/,[]*?".Contains(letter, StringComparison.Ordinal);
}
