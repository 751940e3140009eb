using Portolan.Forwarding.Model;

namespace Portolan.Forwarding.Grammar;

/// <summary>
/// Reads a file of forwards: one on each line as on the command line, its own options behind it; or rinetd's
/// <c>BINDADDRESS BINDPORT CONNECTADDRESS CONNECTPORT</c>. <c>#</c> begins a comment.
/// </summary>
/// <remarks>
/// Lines, not YAML: a forward is one line of a shell history, a diff shows one change as one line, and a parser for YAML would cost every
/// start of the program.
/// </remarks>
public static class ForwardFile
{
    /// <summary>Reads the text.</summary>
    /// <param name="text">The file.</param>
    /// <param name="name">Its name, for errors.</param>
    /// <param name="common">Options that hold where a line says nothing else.</param>
    /// <exception cref="PortolanException">A line is wrong; it is named.</exception>
    public static IReadOnlyList<ForwardRange> Read(string text, string name, ForwardOptions common)
    {
        ArgumentNullException.ThrowIfNull(text);
        var ranges = new List<ForwardRange>();
        foreach (var (line, words) in ListFile.Read(text, name))
        {
            if (ranges.Count == ForwardConflicts.MostPairs)
            {
                throw Errors.Usage(
                    $"{name}, line {line}: more than {ForwardConflicts.MostPairs:N0} forwards", $"split them over several programs");
            }

            ranges.Add(ReadLine(words, $"{name}, line {line}: ", common));
        }

        return ranges.Count > 0
            ? ranges
            : throw Errors.Usage($"{name} contains no forward", $"write one per line, e.g. 8080 web.example.com:80");
    }

    private static ForwardRange ReadLine(List<string> words, string where, ForwardOptions common)
    {
        var first = words.FindIndex(w => w.StartsWith("--", StringComparison.Ordinal));
        var ends = first < 0 ? words : words[..first];
        var options = first < 0 ? common : ReadOptions(words[first..], where, common);
        switch (ends)
        {
            case ["allow" or "deny" or "logfile" or "pidlogfile" or "logcommon", ..]:
                throw Errors.Usage(
                    $"{where}rinetd's '{ends[0]}' is not supported",
                    ends[0] == "allow"
                        ? Advice.Of($"write --allow 192.0.2.0/24 after a forward")
                        : $"remove the line: events are printed, and --json prints each connection");
            case [var bind, var port, var host, var hostPort] when IsPort(port) && IsPort(hostPort):
                return ForwardWords.ReadRange(JoinRinetd(bind, port), JoinRinetd(host, hostPort), options, where);
            case [_, var bindPort, _, var connectPort, ..] when !IsPort(bindPort) || !IsPort(connectPort) || ends.Count > 4:
                throw Errors.Usage(
                    $"{where}four words must be rinetd's ADDRESS PORT ADDRESS PORT, with numeric ports, followed by options of portolan",
                    $"0.0.0.0 8080 192.0.2.1 80 --idle 20m");
            case [var listen, var target]:
                return ForwardWords.ReadRange(listen, target, options, where);
            default:
                throw Errors.Usage($"{where}a forward has two words, followed by options", $"8080 web.example.com:80 --limit 100");
        }
    }

    private static ForwardOptions ReadOptions(List<string> words, string where, ForwardOptions options)
    {
        // What a line allows is all that it allows.
        if (words.Exists(w => w == "--allow" || w.StartsWith("--allow=", StringComparison.Ordinal)))
        {
            options = options with { Allow = [] };
        }

        for (var i = 0; i < words.Count; i++)
        {
            var equals = words[i].IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? words[i] : words[i][..equals];
            if (OptionWords.IsFlag(name))
            {
                options = OptionWords.With(options, name, "", where);
            }
            else if (equals >= 0)
            {
                options = OptionWords.With(options, name, words[i][(equals + 1)..], where);
            }
            else
            {
                options = i + 1 < words.Count || !OptionWords.Names.Contains(name)
                    ? OptionWords.With(options, name, i + 1 < words.Count ? words[++i] : "", where)
                    : throw Errors.Usage($"{where}option {name} needs a value", $"see portolan help forward");
            }
        }

        return options;
    }

    // rinetd listens on IPv4 at 0.0.0.0; without an address both families are meant here.
    private static string JoinRinetd(string host, string port) =>
        host.Contains(':', StringComparison.Ordinal) ? $"[{host}]:{port}" : $"{host}:{port}";

    private static bool IsPort(string word)
    {
        var slash = word.IndexOf('/', StringComparison.Ordinal);
        return PortNumber.TryParse(slash < 0 ? word : word.AsSpan(0, slash), out _);
    }
}
