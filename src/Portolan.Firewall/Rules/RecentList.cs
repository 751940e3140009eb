namespace Portolan.Firewall.Rules;

/// <summary>A list of addresses that were seen (/proc/net/xt_recent).</summary>
/// <param name="Name">Hostile text.</param>
/// <param name="Addresses">The addresses on it.</param>
public sealed record RecentList(string Name, IReadOnlyList<InternetAddress> Addresses)
{
    /// <summary>The addresses of a family.</summary>
    public IntervalSet Members(bool isIPv4) => IntervalSet.From(Addresses.Where(a => a.IsIPv4 == isIPv4).Select(static a => new Interval(a.Number, a.Number)));

    /// <summary>Reads the lists of the calling thread's network namespace; those that cannot be read are left out.</summary>
    /// <param name="folder">Where they are.</param>
    public static IReadOnlyList<RecentList> Read(string folder = "/proc/thread-self/net/xt_recent")
    {
        var lists = new List<RecentList>();
        try
        {
            foreach (var path in Directory.Exists(folder) ? Directory.EnumerateFiles(folder) : [])
            {
                lists.Add(new RecentList(Path.GetFileName(path), Parse(File.ReadLines(path))));
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A rule that asks for a list that is not here cannot be judged, and says so.
        }

        return lists;
    }

    /// <summary>The addresses in lines such as <c>src=198.51.100.7 ttl: 64 last_seen: …</c>.</summary>
    internal static IReadOnlyList<InternetAddress> Parse(IEnumerable<string> lines)
    {
        var addresses = new List<InternetAddress>();
        foreach (var line in lines)
        {
            var end = line.IndexOf(' ', StringComparison.Ordinal);
            if (line.StartsWith("src=", StringComparison.Ordinal) && InternetAddress.TryParse(line.AsSpan(4, (end < 0 ? line.Length : end) - 4), out var address))
            {
                addresses.Add(address);
            }
        }

        return addresses;
    }
}
