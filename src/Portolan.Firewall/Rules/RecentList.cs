using System.Globalization;
using Portolan.Linux;

namespace Portolan.Firewall.Rules;

/// <summary>A list of addresses that were seen (/proc/net/xt_recent).</summary>
/// <param name="Name">Hostile text.</param>
/// <param name="Entries">The addresses on it.</param>
public sealed record RecentList(string Name, IReadOnlyList<RecentEntry> Entries)
{
    /// <summary>Reads the lists of the calling thread's network namespace; those that cannot be read are left out.</summary>
    /// <param name="folder">Where they are.</param>
    public static IReadOnlyList<RecentList> Read(string folder = "/proc/thread-self/net/xt_recent")
    {
        var lists = new List<RecentList>();
        try
        {
            foreach (var path in Directory.Exists(folder) ? Directory.EnumerateFiles(folder) : [])
            {
                var lines = File.ReadLines(path).ToList();
                lists.Add(new RecentList(Path.GetFileName(path), Parse(lines, KernelTicks.Read())));
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A rule that asks for a list that is not here cannot be judged, and says so.
        }

        return lists;
    }

    /// <summary>
    /// The entries of lines such as <c>src=198.51.100.7 ttl: 64 last_seen: 4295 oldest_pkt: 2 4290, 4295</c> (xt_recent.c:
    /// recent_seq_show). Other lines are passed over.
    /// </summary>
    /// <param name="lines">The lines.</param>
    /// <param name="now">When they were read.</param>
    internal static IReadOnlyList<RecentEntry> Parse(IEnumerable<string> lines, KernelTicks now)
    {
        const int FirstMoment = 7;
        var entries = new List<RecentEntry>();
        foreach (var line in lines)
        {
            var words = line.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries);
            if (words.Length > 0 && words[0].StartsWith("src=", StringComparison.Ordinal)
                && InternetAddress.TryParse(words[0].AsSpan(4), out var address))
            {
                entries.Add(new RecentEntry(
                    address,
                    [.. words.Skip(FirstMoment)
                        .Select(
                            w => ulong.TryParse(w, NumberStyles.None, CultureInfo.InvariantCulture, out var moment)
                                ? now.Since(moment)
                                : (TimeSpan?)null).OfType<TimeSpan>()]));
            }
        }

        return entries;
    }
}

/// <summary>An address on a list of those that were seen.</summary>
/// <param name="Address">The address.</param>
/// <param name="Ages">How long before the list was read each of its packets came that the kernel remembers.</param>
public sealed record RecentEntry(InternetAddress Address, IReadOnlyList<TimeSpan> Ages)
{
    /// <summary>How many of them came within the last seconds: at least, and at most, as far as the kernel's clock is known.</summary>
    /// <param name="seconds">The seconds; 0 for at any time.</param>
    public (int Least, int Most) CountWithin(uint seconds) => seconds == 0 ? (Ages.Count, Ages.Count)
        : (Ages.Count(a => a + KernelTicks.Slack <= TimeSpan.FromSeconds(seconds)),
            Ages.Count(a => a - KernelTicks.Slack <= TimeSpan.FromSeconds(seconds)));
}
