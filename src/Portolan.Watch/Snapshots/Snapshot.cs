using Portolan.Scan.Formats.Reading;

namespace Portolan.Watch.Snapshots;

/// <summary>What was there at a time, as one result says it, and what of it was looked at.</summary>
/// <remarks>Memory grows with the text of the result: ports that share a state are ranges, and only open ports have facts.</remarks>
public sealed class Snapshot
{
    private readonly Dictionary<HostKey, HostSnapshot> _hosts = [];
    private readonly List<string> _notes = [];

    /// <summary>The file's name, for people.</summary>
    public required string Source { get; init; }

    /// <summary>Whose format it is, such as <c>nmap XML</c> or <c>portolan.chart/1</c>.</summary>
    public string Format { get; set; } = "";

    /// <summary>It is a chart of a machine, not a scan.</summary>
    public bool IsChart { get; init; }

    /// <summary>When it was taken; the start of the last run; <c>null</c> when the file does not say.</summary>
    public DateTimeOffset? TakenAt { get; set; }

    /// <summary>Nothing that was to be looked at is missing.</summary>
    public bool IsComplete { get; set; } = true;

    /// <summary>Why it is not complete, for people.</summary>
    public string? Incomplete { get; set; }

    /// <summary>The file does not say which ports were scanned, and neither did anybody else.</summary>
    public bool IsScopeUnknown { get; set; }

    /// <summary>
    /// The largest bound of its runs: at most this share of the ports that would answer was missed; <c>null</c> when unknown.
    /// </summary>
    public double? MissRateBound { get; set; }

    /// <summary>The addresses that were targets, named in the file or not; <c>null</c> for those that it names.</summary>
    public TargetScope? Scope { get; set; }

    /// <summary>What a person should know of the file: lines that could not be read.</summary>
    public IReadOnlyList<string> Notes => _notes;

    /// <summary>What is known of each host, by its key.</summary>
    public IReadOnlyDictionary<HostKey, HostSnapshot> Hosts => _hosts;

    /// <summary>The host; it is made when there is none.</summary>
    public HostSnapshot HostOf(HostKey key)
    {
        if (!_hosts.TryGetValue(key, out var host))
        {
            _hosts.Add(key, host = new HostSnapshot(key));
        }

        return host;
    }

    /// <summary>Adds a host that is not there yet.</summary>
    internal void Add(HostSnapshot host) => _hosts.Add(host.Key, host);

    /// <summary>Adds a note.</summary>
    public void Note(string text) => _notes.Add(text);
}
