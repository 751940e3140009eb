using System.Globalization;
using Portolan.Linux.Proc;

namespace Portolan.Traffic.Machine;

/// <summary>The kernel's own counters of a network namespace (/proc/net/snmp).</summary>
/// <param name="Opens">TCP connections that began: opened by this host and by peers, less those that came to nothing.</param>
/// <param name="DatagramsIn">UDP datagrams delivered.</param>
/// <param name="DatagramsOut">UDP datagrams sent.</param>
public sealed record ProtocolCounters(long Opens, long DatagramsIn, long DatagramsOut)
{
    /// <summary>Reads them; <c>null</c> where they cannot be read.</summary>
    public static ProtocolCounters? Read(string path = "/proc/thread-self/net/snmp") =>
        KernelFile.Text(path) is { } text ? Parse(text) : null;

    /// <summary>Reads the text: for each protocol a line of names and a line of figures.</summary>
    public static ProtocolCounters? Parse(string text)
    {
        var lines = text.Split('\n');
        return Find(lines, "Tcp:", "ActiveOpens") is { } active && Find(lines, "Tcp:", "PassiveOpens") is { } passive
            && Find(lines, "Tcp:", "AttemptFails") is { } failed && Find(lines, "Udp:", "InDatagrams") is { } received
            && Find(lines, "Udp:", "OutDatagrams") is { } sent
            ? new ProtocolCounters(active + passive - failed, received, sent)
            : null;
    }

    private static long? Find(string[] lines, string protocol, string name)
    {
        for (var line = 0; line + 1 < lines.Length; line++)
        {
            if (!lines[line].StartsWith(protocol, StringComparison.Ordinal))
            {
                continue;
            }

            var column = Array.IndexOf(lines[line].Split(' '), name);
            var figures = lines[line + 1].Split(' ');
            return column > 0 && column < figures.Length && figures[0] == protocol
                && long.TryParse(figures[column], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
                ? value
                : null;
        }

        return null;
    }
}
