using Portolan.Cli.Hosting;

namespace Portolan.Cli.Scanning.Words;

/// <summary>
/// Puts the words of nmap's users into the long options that the parser knows: <c>-sSU</c>, <c>-PS22,80</c>, <c>-p-</c>, <c>-oX -</c>,
/// <c>-T4</c>, <c>-nvv</c>.
/// </summary>
/// <remarks>
/// System.CommandLine would take half of these for targets. A word that means nothing is left as it is, so that
/// <see cref="WordCheck"/> refuses it by the name it was typed with; this never fails and never guesses.
/// </remarks>
internal static class ScanWords
{
    /// <summary>All words of the command line, with those of <c>scan</c> expanded.</summary>
    public static IReadOnlyList<string> Normalize(IReadOnlyList<string> args)
    {
        var words = new List<string>(args.Count + 8);
        var i = Math.Min(args.Count, GlobalOptions.SkipLeading(args, 0) + 1);
        for (var j = 0; j < i; j++)
        {
            words.Add(args[j]);
        }

        for (; i < args.Count; i++)
        {
            if (args[i] == "--")
            {
                for (; i < args.Count; i++)
                {
                    words.Add(args[i]);
                }

                break;
            }

            var next = i + 1 < args.Count ? args[i + 1] : null;
            if (args[i] is ['-', _, ..] word && Expand(word, next, words))
            {
                i++;
            }
            else if (args[i] is not ['-', _, ..])
            {
                words.Add(args[i]);
            }
        }

        return words;
    }

    /// <summary>Expands one word that starts with a dash. True when the next word was its value.</summary>
    private static bool Expand(string word, string? next, List<string> words)
    {
        if (LongName(word) is { } name)
        {
            return ExpandLong(word, name, next, words);
        }

        var start = words.Count;
        if (word[1] != '-' && ShortWords.TryExpand(word, next, words, out var usedNext))
        {
            return usedNext;
        }

        words.RemoveRange(start, words.Count - start);
        words.Add(word);
        return false;
    }

    /// <summary>
    /// The long option a word names, with one dash or two, underscores or hyphens as nmap takes them; <c>null</c> when it names none.
    /// </summary>
    private static string? LongName(string word)
    {
        var from = word[1] == '-' ? 2 : 1;
        var equals = word.IndexOf('=', StringComparison.Ordinal);
        var name = (equals < 0 ? word[from..] : word[from..equals]).Replace('_', '-');
        return LongWords.Find(name) ?? (name.Length > 2 && ScanRemedies.OfKnown($"--{name}") is not null ? name : null);
    }

    private static bool ExpandLong(string word, string name, string? next, List<string> words)
    {
        var equals = word.IndexOf('=', StringComparison.Ordinal);
        if (equals >= 0)
        {
            words.Add($"--{name}{word[equals..]}");
            return false;
        }

        if (LongWords.TakesValue(name) && next is not null && IsValue(name, next))
        {
            words.Add($"--{name}={next}");
            return true;
        }

        // What has a value of its own accord gets it here, for the next word is a target; levels add up.
        words.Add(name switch
        {
            "verbose" or "debugging" => $"--{name}=+1",
            "ping-syn" or "ping-ack" => $"--{name}=80",
            "ping-udp" => $"--{name}=40125",
            _ => $"--{name}",
        });
        return false;
    }

    /// <summary>
    /// Whether a word can be the value of an option: another option cannot, but <c>-</c> and the open range <c>-1024</c> can.
    /// </summary>
    internal static bool IsValue(string name, string next) =>
        next is not ['-', _, ..] || (name is "ports" or "exclude-ports" && next is ['-', (>= '0' and <= '9') or ',', ..]);
}
