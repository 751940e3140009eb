namespace Portolan.Watch.Ndiff;

/// <summary>A scan as ndiff sees it: the text of nmap's XML, attribute by attribute.</summary>
public sealed class NdiffScan
{
    internal string? Scanner { get; set; }

    internal string? Version { get; set; }

    internal string? Arguments { get; set; }

    internal DateTimeOffset? StartedAt { get; set; }

    internal List<NdiffHost> Hosts { get; } = [];

    internal List<NdiffScript> Before { get; } = [];

    internal List<NdiffScript> After { get; } = [];
}

internal sealed class NdiffHost
{
    /// <summary>Of an address its kind comes first: IPv4, IPv6, MAC.</summary>
    public SortedSet<(int Kind, string Text)> Addresses { get; } = new(Comparer<(int Kind, string Text)>.Create(
        static (a, b) => a.Kind != b.Kind ? a.Kind.CompareTo(b.Kind) : string.CompareOrdinal(a.Text, b.Text)));

    public SortedSet<string> Names { get; } = new(StringComparer.Ordinal);

    public SortedDictionary<(int Number, string Protocol), NdiffPort> Ports { get; } = new(
        Comparer<(int Number, string Protocol)>.Create(
            static (a, b) => a.Number != b.Number ? a.Number.CompareTo(b.Number) : string.CompareOrdinal(a.Protocol, b.Protocol)));

    /// <summary>Ports that are summed up by state, in the order of the file.</summary>
    public List<(string State, long Count)> Extra { get; } = [];

    public List<string> Systems { get; } = [];

    public List<NdiffScript> Scripts { get; } = [];

    /// <summary><c>null</c> when the file does not say, and for a host that one file does not have.</summary>
    public string? State { get; set; }

    /// <summary>What makes two hosts the same: the first address, and the first name; <c>null</c> without either.</summary>
    public string? Id => Addresses.Count + Names.Count == 0
        ? null
        : (Addresses.Count > 0 ? Addresses.Min.Text : "").PadRight(40) + (Names.Count > 0 ? Names.Min : "");

    public string Title
    {
        get
        {
            var (addresses, names) = (string.Join(", ", Addresses.Select(static a => a.Text)), string.Join(", ", Names));
            return names.Length == 0 ? addresses.Length == 0 ? "<no name>" : addresses
                : addresses.Length == 0 ? names : $"{names} ({addresses})";
        }
    }

    public bool IsExtra(string? state) => state is null || Extra.Exists(extra => extra.State == state);

    public void SetExtra(string state, long count)
    {
        var at = Extra.FindIndex(extra => extra.State == state);
        if (at < 0)
        {
            Extra.Add((state, count));
        }
        else
        {
            Extra[at] = (state, count);
        }
    }
}

internal sealed record NdiffPort
{
    public string? State { get; set; }

    public string? Name { get; set; }

    public string? Product { get; set; }

    public string? Version { get; set; }

    public string? Info { get; set; }

    public string? Tunnel { get; set; }

    public List<NdiffScript> Scripts { get; } = [];

    public string? Service => Tunnel is null ? Name : Name is null ? Tunnel : $"{Tunnel}/{Name}";

    public string? VersionText => Product is null && Version is null && Info is null
        ? null
        : string.Join(' ', new[] { Product, Version, Info is null ? null : $"({Info})" }.Where(static part => part is not null));

    public bool IsSameService(NdiffPort other) =>
        Name == other.Name && Product == other.Product && Version == other.Version && Info == other.Info;
}

/// <summary>What a script printed.</summary>
internal sealed record NdiffScript(string Id, string Output)
{
    /// <summary>Its lines as nmap shows them.</summary>
    public List<string> Lines()
    {
        List<string> lines = [.. Output.ReplaceLineEndings("\n").Split('\n')];
        if (lines[^1].Length == 0)
        {
            lines.RemoveAt(lines.Count - 1);
        }

        for (var i = 0; i < lines.Count; i++)
        {
            lines[i] = $"{(i == lines.Count - 1 ? "|_ " : "|  ")}{(i == 0 ? $"{Id}: " : "")}{lines[i]}";
        }

        return lines;
    }
}
