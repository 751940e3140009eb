using System.Text;
using Portolan.Cli.Output;
using Portolan.Model;
using Portolan.Watch.Changes;
using Portolan.Watch.Snapshots;

namespace Portolan.Cli.Diffing;

/// <summary>What changed, for people: the hosts with their changes, then what both results looked at.</summary>
/// <param name="writer">Takes it.</param>
/// <param name="width">The terminal's width; <c>null</c> to wrap nothing.</param>
/// <param name="color">Whether to use colour.</param>
internal sealed class DiffText(Utf8Writer writer, int? width, bool color)
{
    private const int KindWidth = 11;
    private const int MostPortWidth = 16;

    /// <summary>On a narrower terminal the text of a change stands below its ports.</summary>
    private const int LeastBeside = 24;

    /// <summary>Writes it.</summary>
    public void Write(Comparison comparison)
    {
        var portWidth = 0;
        foreach (var change in comparison.Changes)
        {
            portWidth = Math.Max(portWidth, Math.Min(MostPortWidth, ChangeWords.Ports(change).Length));
        }

        HostKey? last = null;
        foreach (var change in comparison.Changes)
        {
            if (last != change.Host)
            {
                last = change.Host;
                WriteWrapped(DiffWords.Host(change, comparison), 0, 0, AnsiStyle.Bold);
            }

            WriteChange(change, comparison, portWidth);
        }

        if (comparison.Changes.Count == 0)
        {
            WriteWrapped("no changes", 0, 0, AnsiStyle.None);
        }

        writer.WriteLine();
        foreach (var line in Coverage(comparison))
        {
            WriteWrapped(line, 0, 2, AnsiStyle.Dim);
        }
    }

    private void WriteChange(Change change, Comparison comparison, int portWidth)
    {
        var (kind, ports, text) = (change.Kind.Name(), ChangeWords.Ports(change), DiffWords.Text(change, comparison));
        writer.Write("  "u8);
        writer.Write(kind, StyleOf(change), color);
        writer.Pad(KindWidth - kind.Length);
        writer.Write("  "u8);
        var indent = 2 + KindWidth + 2;
        if (ports.Length > portWidth)
        {
            // The list is long: it has lines of its own.
            WriteWrapped(ports, indent, indent, AnsiStyle.None, isBegun: true);
            WriteWrapped(text, indent, indent, AnsiStyle.None);
            return;
        }

        writer.Write(ports);
        var beside = indent + portWidth + (portWidth > 0 ? 2 : 0);
        if (text.Length == 0)
        {
            writer.WriteLine();
        }
        else if (width - beside < LeastBeside)
        {
            writer.WriteLine();
            WriteWrapped(text, 4, 4, AnsiStyle.None);
        }
        else
        {
            writer.Pad(beside - indent - ports.Length);
            WriteWrapped(text, beside, beside, AnsiStyle.None, isBegun: true);
        }
    }

    private static AnsiStyle StyleOf(Change change) => change.Kind switch
    {
        _ when !change.IsCertain => AnsiStyle.Dim,
        ChangeKind.Opened or ChangeKind.HostUp => AnsiStyle.Yellow,
        ChangeKind.Expiring => AnsiStyle.Red,
        ChangeKind.Bind when change.IsWidened => AnsiStyle.Yellow,
        _ => AnsiStyle.None,
    };

    private static IEnumerable<string> Coverage(Comparison comparison)
    {
        var (coverage, a, b) = (comparison.Coverage, comparison.A, comparison.B);
        if (a.IsChart)
        {
            foreach (var line in ChartCoverage(a, b))
            {
                yield return line;
            }
        }
        else
        {
            var (ports, hosts) = (DiffWords.Count(coverage.MostPortsOfHost, "port"), DiffWords.Count(coverage.Hosts, "host"));
            yield return coverage.Hosts == 0
                ? "no port is covered by both"
                : $"both cover {(coverage.IsEven ? "" : "up to ")}{ports} of {hosts}";
        }

        var host = a.IsChart ? "namespace" : "host";
        foreach (var (count, one, source) in ((long, string, string)[])[
            (coverage.HostsOnlyInA, host, a.Source), (coverage.HostsOnlyInB, host, b.Source),
            (coverage.OpenOnlyInA, "open port", a.Source), (coverage.OpenOnlyInB, "open port", b.Source)])
        {
            if (count > 0)
            {
                yield return $"{DiffWords.Count(count, one)} only in {source}: not compared";
            }
        }

        if (coverage.Undecided > 0)
        {
            var ports = DiffWords.Count(coverage.Undecided, "port");
            yield return $"{ports} with two states that may both be true, e.g. open and open|filtered: not compared";
        }

        foreach (var side in (Snapshot[])[a, b])
        {
            if (side.IsComplete == false && !side.IsChart)
            {
                yield return $"{side.Source} is incomplete: {side.Incomplete}";
            }

            if (side.MissRateBound is { } bound and > 0)
            {
                yield return $"{side.Source} missed at most {ChangeWords.Percent(bound)} of the ports that would answer";
            }
        }
    }

    private static IEnumerable<string> ChartCoverage(params Snapshot[] charts)
    {
        var isWhole = true;
        foreach (var chart in charts)
        {
            foreach (var lacking in chart.Hosts.Values.GroupBy(static host => string.Join(", ", Unseen(host).Select(static p => p.Name()))))
            {
                if (lacking.Key.Length > 0)
                {
                    isWhole = false;
                    var spaces = lacking.Select(static host => host.Key.Space!).Where(static space => space.Length > 0).ToList();
                    var where = spaces.Count == 0 || spaces.Count == chart.Hosts.Count - 1 ? "" : $" in {string.Join(", ", spaces)}";
                    yield return $"{chart.Source} does not show all ports of {lacking.Key}{where}";
                }
            }
        }

        if (isWhole)
        {
            yield return "both charts show every port that the machine listens on";
        }
    }

    private static IEnumerable<TransportProtocol> Unseen(HostSnapshot host) =>
        Enum.GetValues<TransportProtocol>().Where(p => !PortRanges.All.Except(host.CoverageOf(p)).IsEmpty);

    // Text from outside is made harmless here, word by word; a word longer than a line is broken.
    private void WriteWrapped(string text, int first, int next, AnsiStyle style, bool isBegun = false)
    {
        if (!isBegun)
        {
            writer.Pad(first);
        }

        var (at, isLineStart) = (first, true);
        foreach (var word in TerminalText.Escape(text).Split(' '))
        {
            var bytes = Encoding.UTF8.GetBytes(word);
            var columns = DisplayWidth.Of(bytes);
            if (!isLineStart && width is { } limit && at + 1 + columns > limit)
            {
                writer.WriteLine();
                writer.Pad(next);
                (at, isLineStart) = (next, true);
            }

            if (!isLineStart)
            {
                writer.Write(' ');
                at++;
            }

            at = WriteWord(bytes, columns, at, next, style);
            isLineStart = false;
        }

        writer.WriteLine();
    }

    private int WriteWord(ReadOnlySpan<byte> word, int columns, int at, int next, AnsiStyle style)
    {
        while (width is { } limit && at + columns > limit && DisplayWidth.BytesThatFit(word, limit - at) is > 0 and var fit
            && fit < word.Length)
        {
            writer.Write(Encoding.UTF8.GetString(word[..fit]), style, color);
            word = word[fit..];
            columns = DisplayWidth.Of(word);
            writer.WriteLine();
            writer.Pad(next);
            at = next;
        }

        writer.Write(Encoding.UTF8.GetString(word), style, color);
        return at + columns;
    }
}
