using System.Text.RegularExpressions;

namespace Portolan.Tests.Support;

/// <summary>
/// Hides what differs between two runs of the same example: pids, times, handles, rule numbers, seeds, Ethernet addresses, ephemeral ports,
/// widths of columns.
/// </summary>
internal static partial class ExampleMasks
{
    /// <summary>The lines that are compared: without empty ones, blanks as one.</summary>
    /// <param name="text">The output of a run, or what a page shows of it.</param>
    /// <param name="own">Further masks, of one example.</param>
    internal static string[] Lines(string text, params IEnumerable<Regex> own)
    {
        var masked = text.TrimEnd('\n');
        foreach (var mask in own)
        {
            masked = mask.Replace(masked, "MASKED");
        }

        masked = Time().Replace(masked, "TIME");
        masked = Ago().Replace(masked, "started AGO");
        masked = Handle().Replace(masked, "handle N");
        masked = RuleNumber().Replace(masked, "$1#N");
        masked = Duration().Replace(masked, "DURATION");
        masked = Hardware().Replace(masked, "MAC");
        masked = Pid().Replace(masked, "$1 PID");
        masked = PidInParentheses().Replace(masked, "(PID)");
        masked = Seed().Replace(masked, "seed N");
        masked = Attempts().Replace(masked, "$1 N $2s");
        masked = EphemeralPort().Replace(masked, ":EPHEMERAL");
        return [.. masked.Split('\n').Select(line => Blanks().Replace(line, " ").Trim()).Where(line => line.Length > 0 && line != "^C")];
    }

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

    // The name of a program and its numbers: 'web 46,49', 'dnsmasq 48', 'process     python3 5'.
    [GeneratedRegex(@"\b((?:web|postgres|dnsmasq|python3|perl|sh|bash|node|sshd|unshare|setpriv|registry|prometheus|master|cupsd|mysqld|nginx|psql|portolan|conmon|app)) \d+(?:,\d+)*(?![\d/.:])")]
    private static partial Regex Pid();

    [GeneratedRegex(@"\(\d+\)")]
    private static partial Regex PidInParentheses();

    [GeneratedRegex(@"seed \d+")]
    private static partial Regex Seed();

    [GeneratedRegex(@":(?:3276[89]|327[7-9]\d|32[89]\d\d|3[3-9]\d{3}|[45]\d{4}|60\d{3})\b")]
    private static partial Regex EphemeralPort();

    // How often something is tried within a time depends on how busy the machine is.
    [GeneratedRegex(@"(SYN sent|no answer to) \d+ (time|question)s?")]
    private static partial Regex Attempts();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}
