using Portolan.Forwarding.Model;

namespace Portolan.Forwarding.Grammar;

/// <summary>
/// Reads forwards as people write them: <c>8080 web:80</c>, <c>[::1]:5353/udp 10.0.0.1:53</c>, <c>8000-8010 web:9000-9010</c>,
/// <c>unix:/run/app.sock web:80</c>.
/// </summary>
public static class ForwardWords
{
    /// <summary>Reads pairs of words: where to listen, where to.</summary>
    /// <param name="words">An even number of words.</param>
    /// <param name="options">How the forwards treat connections.</param>
    /// <param name="where">What stands before an error, such as a line of a file.</param>
    /// <exception cref="PortolanException">A word is wrong; the exit code is that of usage.</exception>
    public static List<ForwardRange> ReadRanges(IReadOnlyList<string> words, ForwardOptions options, string where = "")
    {
        ArgumentNullException.ThrowIfNull(words);
        var ranges = new List<ForwardRange>();
        for (var i = 0; i < words.Count; i += 2)
        {
            if (i + 1 == words.Count)
            {
                throw OddWord(words[i], where);
            }

            ranges.Add(ReadRange(words[i], words[i + 1], options, where));
        }

        return ranges;
    }

    /// <summary>Reads one pair; a range of ports stays one.</summary>
    public static ForwardRange ReadRange(string listen, string target, ForwardOptions options, string where = "") =>
        Combine(ListenWord.Parse(listen, where), TargetWord.ParseList(target, where), listen, target, options, where);

    /// <summary>Reads one pair; a range of ports makes a forward for each.</summary>
    public static IReadOnlyList<ForwardSpec> ReadPair(string listen, string target, ForwardOptions options, string where = "") =>
        ForwardRange.Expand([ReadRange(listen, target, options, where)]);

    private static ForwardRange Combine(
        ListenWord listen, List<TargetWord> targets, string listenText, string targetText, ForwardOptions options, string where)
    {
        var protocol = listen.Protocol ?? targets.Find(t => t.Protocol is not null)?.Protocol ?? TransportProtocol.Tcp;
        if (targets.Exists(t => t.Protocol is { } other && other != protocol))
        {
            throw Errors.Usage(
                $"{where}'{listenText}' and '{targetText}' name two protocols", $"a forward has one: portolan forward 53/udp 192.0.2.1:53");
        }

        Check(protocol, listen, targets, listenText, options, where);
        return new ForwardRange(protocol, listen, targets, options, listenText, where);
    }

    private static void Check(
        TransportProtocol protocol, ListenWord listen, List<TargetWord> targets, string listenText, ForwardOptions options, string where)
    {
        if (targets.Count > Targets.TargetGroup.Most)
        {
            throw Errors.Usage(
                $"{where}a forward has at most {Targets.TargetGroup.Most} targets, not {targets.Count}",
                $"write a second forward for the rest");
        }

        if (protocol == TransportProtocol.Udp && (listen.Path is not null || targets.Exists(t => t.Path is not null)))
        {
            throw Errors.Usage(
                $"{where}datagrams are forwarded between addresses, not to or from a Unix socket",
                $"leave out /udp for a stream: portolan forward unix:/run/app.sock web:80");
        }

        if (protocol == TransportProtocol.Udp && (options.ProxyIn || options.ProxyOut > 0))
        {
            throw Errors.Usage(
                $"{where}a PROXY header needs a stream, but '{listenText}' forwards datagrams",
                $"set it per forward in a file: see portolan help forward");
        }

        if (listen.Path is not null && options.Allow.Count > 0)
        {
            throw Errors.Usage(
                $"{where}--allow needs client addresses; clients of a Unix socket have none", $"set the permissions of its folder instead");
        }
    }

    private static PortolanException OddWord(string word, string where)
    {
        PortWords.Refuse(word, where);
        var colons = word.Count(c => c == ':');
        return colons >= 2 && !word.Contains('[', StringComparison.Ordinal) && !InternetAddress.TryParse(word, out _)
            ? Errors.Usage(
                $"{where}'{word}' is one word; a forward has two",
                $"write LISTEN and TARGET as separate words, or run portolan forward -L {word}")
            : Errors.Usage(
                $"{where}no target for '{word}'",
                $"portolan forward {(colons == 0 ? word : "8080")} web.example.com:80");
    }
}

/// <summary>Errors of the person at the keyboard.</summary>
internal static class Errors
{
    public static PortolanException Usage(string message, Advice hint) => new(TerminalText.Escape(message), hint, ExitCode.Usage);
}
