using System.Globalization;

namespace Portolan.Watch.Ndiff;

/// <summary>Writes the differences of two scans as ndiff's text.</summary>
/// <remarks>
/// ndiff 7.93 of Python 3 fails where a port has two scripts or only its scripts differ: those are written as its documentation shows
/// them. Control characters are made visible.
/// </remarks>
public static class NdiffText
{
    /// <summary>Writes it; nothing where nothing differs.</summary>
    /// <param name="writer">Takes it.</param>
    /// <param name="a">The earlier scan.</param>
    /// <param name="b">The later scan.</param>
    /// <param name="zone">The zone of the times in the banners.</param>
    public static void Write(Utf8Writer writer, NdiffScan a, NdiffScan b, TimeZoneInfo zone)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        var (bannerA, bannerB) = (Banner(a, zone), Banner(b, zone));
        if (bannerA != bannerB)
        {
            Line(writer, $"-{bannerA}");
            Line(writer, $"+{bannerB}");
        }

        WriteScripts(writer, "Pre-scan script results", a.Before, b.Before);
        foreach (var (hostA, hostB) in Pairs(Sorted(a), Sorted(b)))
        {
            NdiffHostText.Write(writer, hostA, hostB);
        }

        WriteScripts(writer, "Post-scan script results", a.After, b.After);
    }

    internal static void Line(Utf8Writer writer, string text)
    {
        writer.WriteEscaped(text);
        writer.WriteLine();
    }

    internal static void WriteScripts(Utf8Writer writer, string title, List<NdiffScript> a, List<NdiffScript> b)
    {
        var lines = new List<string>();
        foreach (var (before, after) in ScriptPairs(a, b))
        {
            AddScript(lines, before, after);
        }

        if (lines.Count > 0)
        {
            writer.WriteLine();
            Line(writer, $"{(b.Count == 0 ? '-' : a.Count == 0 ? '+' : ' ')}{title}:");
            lines.ForEach(line => Line(writer, line));
        }
    }

    internal static void AddScript(List<string> lines, NdiffScript? before, NdiffScript? after)
    {
        foreach (var (mark, line) in SequenceDiff.Lines(before?.Lines() ?? [], after?.Lines() ?? []))
        {
            lines.Add($"{mark}{line}");
        }
    }

    /// <summary>The scripts that differ, side by side. Both lists are sorted.</summary>
    internal static List<(NdiffScript? A, NdiffScript? B)> ScriptPairs(List<NdiffScript> a, List<NdiffScript> b)
    {
        var pairs = new List<(NdiffScript?, NdiffScript?)>();
        var (i, j) = (0, 0);
        while (i < a.Count || j < b.Count)
        {
            var order = i == a.Count ? 1 : j == b.Count ? -1 : string.CompareOrdinal(a[i].Id, b[j].Id);
            if (order != 0)
            {
                pairs.Add(order < 0 ? (a[i++], null) : (null, b[j++]));
                continue;
            }

            if (a[i].Output != b[j].Output)
            {
                pairs.Add((a[i], b[j]));
            }

            i++;
            j++;
        }

        return pairs;
    }

    private static string Banner(NdiffScan scan, TimeZoneInfo zone)
    {
        List<string> parts = [scan.Scanner is null or "nmap" ? "Nmap" : scan.Scanner];
        if (scan.Version is { } version)
        {
            parts.Add(version);
        }

        parts.Add("scan");
        if (scan.StartedAt is { } start)
        {
            var local = TimeZoneInfo.ConvertTime(start, zone);
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"initiated {local:ddd MMM dd HH:mm:ss yyyy}"));
        }

        if (scan.Arguments is { } arguments)
        {
            parts.Add($"as: {arguments}");
        }

        return string.Join(' ', parts);
    }

    private static List<NdiffHost> Sorted(NdiffScan scan)
    {
        List<NdiffHost> hosts = [.. scan.Hosts.Where(static host => host.Id is not null)];
        return [.. hosts.OrderBy(static host => host.Id, StringComparer.Ordinal)];
    }

    // A host that one scan does not have is compared with one of which nothing is known.
    private static IEnumerable<(NdiffHost A, NdiffHost B)> Pairs(List<NdiffHost> a, List<NdiffHost> b)
    {
        var (i, j) = (0, 0);
        while (i < a.Count || j < b.Count)
        {
            var order = i == a.Count ? 1 : j == b.Count ? -1 : string.CompareOrdinal(a[i].Id, b[j].Id);
            yield return order < 0 ? (a[i++], new NdiffHost()) : order > 0 ? (new NdiffHost(), b[j++]) : (a[i++], b[j++]);
        }
    }
}
