using System.Globalization;
using Portolan.Cli.Diffing;
using Portolan.Watch.Recording;
using Portolan.Watch.Snapshots;

namespace Portolan.Cli.History;

/// <summary>What the store knows in words for people; nothing in them is escaped yet.</summary>
internal static class HistoryWords
{
    /// <summary>A time in this user's zone: <c>2026-11-20 03:00:07</c>.</summary>
    public static string Time(DateTimeOffset time, TimeZoneInfo zone) =>
        TimeZoneInfo.ConvertTime(time, zone).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    /// <summary>A span: the end without its date where that is the same.</summary>
    public static string Span(DateTimeOffset since, DateTimeOffset until, TimeZoneInfo zone)
    {
        var (first, last) = (Time(since, zone), Time(until, zone));
        return $"{first}–{(first[..10] == last[..10] ? last[11..] : last)}";
    }

    /// <summary>A host: its address and name, or the machine and its namespace.</summary>
    public static string Host(HostKey key, string? machine, string? name) =>
        key.Space is null ? DiffWords.Host(key, name)
        : key.Space.Length == 0 ? machine ?? "this machine"
        : $"{machine} {DiffWords.Host(key, null)}";

    /// <summary>The host of a change.</summary>
    public static string Host(StoredChange change) => Host(change.Change.Host, change.Machine, change.Change.HostName);

    /// <summary>What is known of a port: service, owner, binds, reach.</summary>
    public static string Facts(Endpoint facts) => string.Join(
        ", ",
        new[] { facts.Service?.Text ?? facts.Banner, facts.Owner, facts.Binds?.Text, facts.Reach?.Text }.Where(
            static text => !string.IsNullOrEmpty(text)));
}
