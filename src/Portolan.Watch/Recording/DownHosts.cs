using System.Text;
using Portolan.Store;

namespace Portolan.Watch.Recording;

/// <summary>
/// Addresses that a run finds down and that the store knows nothing else of, as ranges: <c>198.18.0.1-198.18.0.9</c>, a line each. A host
/// that appears where the last scans found none has come up.
/// </summary>
internal sealed class DownHosts(HistoryStore store)
{
    /// <summary>How many of the last runs are asked.</summary>
    private const int MostRuns = 16;

    private readonly List<(InternetAddress First, InternetAddress Last)> _ranges = [];
    private List<(DateTimeOffset At, List<(InternetAddress First, InternetAddress Last)> Ranges)>? _earlier;

    /// <summary>The ranges of this run; <c>null</c> where there is none.</summary>
    public string? Text
    {
        get
        {
            var text = new StringBuilder();
            foreach (var (first, last) in _ranges)
            {
                text.Append(first).Append('-').Append(last).Append('\n');
            }

            return text.Length == 0 ? null : text.ToString();
        }
    }

    /// <summary>Adds an address; those of a group come in their order.</summary>
    public void Add(InternetAddress address)
    {
        if (_ranges.Count > 0 && _ranges[^1].Last.IsIPv4 == address.IsIPv4 && _ranges[^1].Last.Number + 1 == address.Number)
        {
            _ranges[^1] = (_ranges[^1].First, address);
        }
        else
        {
            _ranges.Add((address, address));
        }
    }

    /// <summary>When one of the last runs found an address down; <c>null</c> where none did.</summary>
    public DateTimeOffset? LastSeen(InternetAddress address)
    {
        _earlier ??= [.. store.Runs.LastDown(MostRuns).Select(run => (run.StartedAt, Read(store.Contents.TextOf(run.Down))))];
        foreach (var (at, ranges) in _earlier)
        {
            foreach (var (first, last) in ranges)
            {
                if (first.IsIPv4 == address.IsIPv4 && first <= address && address <= last)
                {
                    return at;
                }
            }
        }

        return null;
    }

    private static List<(InternetAddress First, InternetAddress Last)> Read(string text)
    {
        var ranges = new List<(InternetAddress, InternetAddress)>();
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var dash = line.IndexOf('-', StringComparison.Ordinal);
            if (dash > 0 && InternetAddress.TryParse(line.AsSpan(0, dash), out var first)
                && InternetAddress.TryParse(line.AsSpan(dash + 1), out var last))
            {
                ranges.Add((first, last));
            }
        }

        return ranges;
    }
}
