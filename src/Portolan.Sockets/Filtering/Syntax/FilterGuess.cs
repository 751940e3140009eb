using System.Globalization;

namespace Portolan.Sockets.Filtering.Syntax;

/// <summary>Explains a word that is not a field: what the person most likely meant, or why the field cannot be had.</summary>
internal static class FilterGuess
{
    /// <summary>Makes the error and returns <c>null</c>.</summary>
    public static FilterNode? Fail(string filter, FilterToken word, out FilterError? error)
    {
        error = word.Text.ToLowerInvariant() switch
        {
            "fwmark" =>
                Refuse(
                    filter, word, "fwmark cannot be compared: the kernel shows a socket's mark only with CAP_NET_ADMIN",
                    $"filter by process, user, unit or address instead"),
            "cgroup" =>
                Refuse(
                    filter, word, "cgroup cannot be compared: a socket keeps the cgroup of its creation, which may differ from its owner's",
                    $"use unit NAME or container NAME"),
            _ => NoField(filter, word, Guess(word.Text)),
        };
        return null;
    }

    private static FilterError NoField(string filter, FilterToken word, string? guess) => new(
        filter,
        $"no field is named \"{word.Text}\"",
        word.Position,
        word.Length,
        guess,
        guess is null ? Advice.Of($"fields: {Advice.List(FilterFields.All.Select(static field => field.Name))}") : null)
    {
        IsUnknownField = true,
    };

    private static FilterError Refuse(string filter, FilterToken word, string message, Advice hint) =>
        new(filter, message, word.Position, word.Length, Suggestion: null, hint);

    /// <summary>A condition that uses the word as the value it looks like, a field that is spelled alike, or <c>null</c>.</summary>
    private static string? Guess(string word)
    {
        // "port:443", as other tools write it.
        var colon = word.IndexOf(':', StringComparison.Ordinal);
        if (colon > 0 && colon < word.Length - 1 && FilterFields.Find(word[..colon]) is { IsFlag: false } field)
        {
            return $"{field.Name} {word[(colon + 1)..]}";
        }

        var port = word.TrimStart(':');
        return StateWords.TryParse(word, out _) ? $"state {word}"
            : KindWords.TryParse(word, out SocketProtocols _) ? $"protocol {word}"
            : KindWords.TryParse(word, out SocketFamilies _) ? $"family {word}"
            : ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out _) ? $"port {port}"
            : PrefixText.IsNetwork(word) ? $"address {word}"
            : NearestWord.Find(word, FilterFields.Words);
    }
}
