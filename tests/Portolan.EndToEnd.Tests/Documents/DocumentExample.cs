using System.Text.RegularExpressions;
using Portolan.Tests.Support;

namespace Portolan.EndToEnd.Tests.Documents;

/// <summary>A command of a fenced block of README or docs, with what the page says comes of it.</summary>
/// <param name="Document">Such as <c>docs/who.md</c>.</param>
/// <param name="Command">The words behind the prompt, without a comment at the end.</param>
/// <param name="Output">The lines below it.</param>
internal sealed partial record DocumentExample(string Document, string Command, IReadOnlyList<string> Output)
{
    /// <summary>How this test names it.</summary>
    public string Key => $"{Document}: {Command}";

    /// <summary>Every example: a line that starts with <c>$ </c> or <c># portolan</c> in a fenced block. docs/cli has examples of its own, which are parsed elsewhere.</summary>
    public static IReadOnlyList<DocumentExample> All()
    {
        var found = new List<DocumentExample>();
        foreach (var path in Directory.GetFiles(Repository.PathOf("docs"), "*.md").Order(StringComparer.Ordinal).Prepend(Repository.PathOf("README.md")))
        {
            var document = Path.GetRelativePath(Repository.PathOf("."), path);
            List<string>? output = null;
            var isFenced = false;
            foreach (var line in File.ReadLines(path))
            {
                if (line.StartsWith("```", StringComparison.Ordinal))
                {
                    isFenced = !isFenced;
                    output = null;
                }
                else if (isFenced && Prompt().Match(line) is { Success: true } match)
                {
                    output = [];
                    found.Add(new DocumentExample(document, Comment().Replace(match.Groups[1].Value, ""), output));
                }
                else if (output is { Count: 0 } && found[^1].Command.EndsWith('\\'))
                {
                    found[^1] = found[^1] with { Command = $"{found[^1].Command[..^1]}{line.Trim()}" };
                }
                else
                {
                    output?.Add(line);
                }
            }
        }

        return found;
    }

    /// <summary>Whether what came is what the page says, with masks for what differs between two runs. A line <c>…</c> stands for any lines.</summary>
    public bool IsShownBy(string output)
    {
        var expected = Lines(string.Join('\n', Output));
        var actual = Lines(output);
        var pattern = string.Join("\n", expected.Select(line => line == "…" ? "(?:.*\n)*?.*" : Regex.Escape(line).Replace("…", ".*", StringComparison.Ordinal)));
        return Regex.IsMatch(string.Join('\n', actual), $"\\A{pattern}\\z", RegexOptions.None, TimeSpan.FromSeconds(10));
    }

    /// <summary>The lines with pids, times, handles, rule numbers, seeds and the widths of columns masked.</summary>
    internal static string[] Lines(string text)
    {
        var masked = Time().Replace(text.TrimEnd('\n'), "TIME");
        masked = Ago().Replace(masked, "started AGO");
        masked = Handle().Replace(masked, "handle N");
        masked = RuleNumber().Replace(masked, "$1#N");
        masked = Duration().Replace(masked, "DURATION");
        masked = Hardware().Replace(masked, "MAC");
        masked = Pid().Replace(masked, "$1 PID");
        masked = PidInParentheses().Replace(masked, "(PID)");
        return [.. masked.Split('\n').Select(line => Blanks().Replace(line, " ").Trim()).Where(line => line.Length > 0)];
    }

    [GeneratedRegex(@"^(?:\$|#(?= portolan)) (.+)$")]
    private static partial Regex Prompt();

    [GeneratedRegex(@"\s{2,}#.*$|(?<=\S)\s+# .*$")]
    private static partial Regex Comment();

    [GeneratedRegex(@"\d{4}-\d\d-\d\dT[\d:.]+Z")]
    private static partial Regex Time();

    [GeneratedRegex(@"started (?:\S+ ago|just now)")]
    private static partial Regex Ago();

    [GeneratedRegex(@"handle \d+")]
    private static partial Regex Handle();

    [GeneratedRegex(@"([a-z])#\d+")]
    private static partial Regex RuleNumber();

    [GeneratedRegex(@"\b\d+(\.\d+)? m?s\b")]
    private static partial Regex Duration();

    [GeneratedRegex(@"\b([0-9a-f]{2}:){5}[0-9a-f]{2}\b")]
    private static partial Regex Hardware();

    // A program's name and its number: 'web 46', 'dnsmasq 48', 'process     python3 5'.
    [GeneratedRegex(@"\b((?:web|postgres|dnsmasq|python3|perl|sh|bash|node|sshd|unshare|setpriv)) \d+\b")]
    private static partial Regex Pid();

    [GeneratedRegex(@"\(\d+\)")]
    private static partial Regex PidInParentheses();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}
