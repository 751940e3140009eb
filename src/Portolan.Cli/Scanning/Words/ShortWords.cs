namespace Portolan.Cli.Scanning.Words;

/// <summary>
/// nmap's single-dash words: letters in a row, of which the last may take the rest of the word or the next word as its value (getopt(3)).
/// </summary>
internal static class ShortWords
{
    /// <summary>Expands a word into <paramref name="words"/>; false when it has a letter that is not an option.</summary>
    public static bool TryExpand(string word, string? next, List<string> words, out bool usedNext)
    {
        usedNext = false;
        for (var i = 1; i < word.Length; i++)
        {
            var rest = word[(i + 1)..];
            switch (word[i])
            {
                case 'v' or 'd':
                    i += Level(word[i] == 'v' ? "verbose" : "debugging", rest, words);
                    break;
                case 's':
                    return TryScanTypes(rest, next, words, out usedNext);
                case 'P':
                    return TryPing(rest, words);
                case 'o' or 'i' when rest.Length > 0 && LongWords.Find($"{word[i]}{rest[0]}") is { } file:
                    return Valued(file, rest[1..], next, words, out usedNext);
                case var letter when Value(letter) is { } name:
                    return Valued(name, rest, next, words, out usedNext);
                case var letter when Flag(letter) is { } name:
                    words.Add(name);
                    break;

                // Refused by its own name wherever it stands, with its value if it has one.
                case var letter when ScanRemedies.OfKnown($"-{letter}") is not null:
                    words.Add($"-{letter}");
                    return true;
                default:
                    return false;
            }
        }

        return true;
    }

    private static string? Flag(char letter) => letter switch
    {
        'n' => "--no-dns",
        'R' => "--resolve-names",
        'r' => "--sequential",
        'F' => "--fast",
        '4' => "--ipv4",
        '6' => "--ipv6",
        'y' => "--yes",
        'A' => "--aggressive",
        'h' => "--help",
        _ => null,
    };

    private static string? Value(char letter) => letter switch
    {
        'p' => "ports",
        'T' => "timing",
        'e' => "interface",
        'S' => "source",
        'g' => "source-port",
        'M' => "max-parallelism",
        _ => null,
    };

    private static string? ScanType(char letter) => letter switch
    {
        'S' => "--syn",
        'T' => "--connect",
        'A' => "--ack",
        'N' => "--null",
        'F' => "--fin",
        'X' => "--xmas",
        'U' => "--udp",
        'n' or 'P' => "--no-port-scan",
        'L' => "--list-targets",
        'V' or 'R' => "--services",
        'C' => "--facts",
        _ => null,
    };

    /// <summary>Adds a level: <c>-v</c> is one more, <c>-v3</c> is three. Returns how many digits belong to it.</summary>
    private static int Level(string name, string rest, List<string> words)
    {
        var digits = 0;
        while (digits < rest.Length && char.IsAsciiDigit(rest[digits]))
        {
            digits++;
        }

        words.Add(digits == 0 ? $"--{name}=+1" : $"--{name}={rest[..digits]}");
        return digits;
    }

    private static bool Valued(string name, string rest, string? next, List<string> words, out bool usedNext)
    {
        usedNext = rest.Length == 0 && next is not null && ScanWords.IsValue(name, next);
        var value = rest is ['=', ..] ? rest : rest.Length > 0 ? $"={rest}" : usedNext ? $"={next}" : "";
        words.Add($"--{name}{value}");
        return true;
    }

    /// <summary><c>-sSU</c>, and <c>-s SU</c> as getopt takes it. What is refused keeps its nmap name.</summary>
    private static bool TryScanTypes(string rest, string? next, List<string> words, out bool usedNext)
    {
        usedNext = false;
        if (rest.Length == 0)
        {
            if (next is null or "" or ['-', ..]
                || !next.All(static c => ScanType(c) is not null || ScanRemedies.OfKnown($"-s{c}") is not null))
            {
                return false;
            }

            rest = next;
            usedNext = true;
        }

        foreach (var letter in rest)
        {
            if (ScanType(letter) is { } type)
            {
                words.Add(type);
            }
            else if (ScanRemedies.OfKnown($"-s{letter}") is not null)
            {
                words.Add($"-s{letter}");
                return true;
            }
            else
            {
                usedNext = false;
                return false;
            }
        }

        return true;
    }

    /// <summary><c>-PS22,80</c>: ports follow without a space, nmap's own port otherwise. Old names mean what nmap made of them.</summary>
    private static bool TryPing(string rest, List<string> words)
    {
        var ports = rest.Length > 1 ? rest[1..] : null;
        switch (rest.Length == 0 ? '\0' : rest[0])
        {
            case 'n' or 'N' or '0' or 'D' when ports is null:
                words.Add("--no-discovery");
                return true;
            case 'E' or 'I' when ports is null:
                words.Add("--ping-echo");
                return true;
            case 'P' when ports is null:
                words.Add("--ping-timestamp");
                return true;
            case 'R' when ports is null:
                words.Add("--ping-arp");
                return true;
            case 'S':
                words.Add($"--ping-syn={ports ?? "80"}");
                return true;
            case 'A' or 'T':
                words.Add($"--ping-ack={ports ?? "80"}");
                return true;
            case 'U':
                words.Add($"--ping-udp={ports ?? "40125"}");
                return true;
            case 'B':
                words.Add("--ping-echo");
                words.Add($"--ping-ack={ports ?? "80"}");
                return true;
            case 'M' or 'O' or 'Y':
                words.Add($"-P{rest[0]}");
                return true;
            default:
                return false;
        }
    }
}
