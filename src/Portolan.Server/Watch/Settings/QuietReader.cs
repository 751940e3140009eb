using System.Globalization;
using Cronos;
using Portolan.Lab.Topology.Reading;
using Portolan.Watch.Watching;

namespace Portolan.Server.Watch.Settings;

/// <summary>
/// When no receiver gets events: mutes, until a time, and maintenance windows, again and again by a schedule. Both expire. An event counts
/// by the time when it was found, so that what was quiet stays quiet however late it is delivered.
/// </summary>
internal static class QuietReader
{
    private static readonly string[] MuteKeys = ["from", "until", "why", .. WatchFile.FilterKeys];
    private static readonly string[] WindowKeys = ["schedule", "for", "zone", "until", "why", .. WatchFile.FilterKeys];

    private static readonly TimeSpan Shortest = TimeSpan.FromMinutes(1);

    private static readonly string[] LocalFormats = ["yyyy-MM-dd", "yyyy-MM-dd HH:mm", "yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd'T'HH:mm:ss"];
    private static readonly string[] FullFormats = ["yyyy-MM-dd'T'HH:mmzzz", "yyyy-MM-dd'T'HH:mm:sszzz"];

    /// <summary>Reads both lists.</summary>
    /// <returns>Whether an event is quiet.</returns>
    internal static Func<WatchEvent, bool> Read(MapReader top, ReceiverContext context)
    {
        var quiet = new List<Func<WatchEvent, bool>>();
        foreach (var node in top.Items("mutes"))
        {
            if (MapReader.Open(node, "a mute", context.Faults, MuteKeys) is { } map)
            {
                quiet.Add(ReadMute(map, context));
            }
        }

        foreach (var node in top.Items("maintenance"))
        {
            if (MapReader.Open(node, "a maintenance window", context.Faults, WindowKeys) is { } map)
            {
                quiet.Add(ReadWindow(map, context));
            }
        }

        return one => quiet.Exists(test => test(one));
    }

    /// <summary>Reads a schedule; <c>null</c> where there is none or it is wrong.</summary>
    internal static CronExpression? ReadSchedule(MapReader map, FaultList faults)
    {
        if (map.Scalar("schedule") is not { } text)
        {
            return null;
        }

        if (CronExpression.TryParse(text.Text, out var schedule))
        {
            return schedule;
        }

        faults.Error(
            text, $"{FaultList.Quote(text.Text)} is not a schedule of cron",
            $"write minute, hour, day, month and weekday: {Advice.Prose("schedule: '0 8 * * MON-FRI'")}");
        return null;
    }

    private static Func<WatchEvent, bool> ReadMute(MapReader map, ReceiverContext context)
    {
        var filter = WatchFile.ReadFilter(map, context.Faults);
        var from = map.Scalar("from") is { } written ? ReadTime(written, "from", context) : DateTimeOffset.MinValue;
        var until = ReadExpiry(map, context);
        return one => one.Stored.FoundAt >= from && one.Stored.FoundAt < until && filter.Wants(one);
    }

    private static Func<WatchEvent, bool> ReadWindow(MapReader map, ReceiverContext context)
    {
        var faults = context.Faults;
        var filter = WatchFile.ReadFilter(map, faults);
        _ = context.Needed(map, "schedule", $"write {Advice.Prose("schedule: '0 3 * * SUN'")}");
        _ = context.Needed(map, "for", $"write for: 2h");
        var schedule = ReadSchedule(map, faults);
        var length = map.Duration("for", Shortest, TimeSpan.Zero);
        var zone = WatchFile.ReadZone(map, faults, context.Zone);
        var until = ReadExpiry(map, context);
        return one => schedule is not null && one.Stored.FoundAt is var at && at < until && filter.Wants(one)
            && schedule.GetOccurrences(at - length, at, zone, fromInclusive: false, toInclusive: true).Any();
    }

    // What has no end would be forgotten.
    private static DateTimeOffset ReadExpiry(MapReader map, ReceiverContext context)
    {
        if (context.Needed(map, "until", $"write {Advice.Prose("until: 2027-01-31")}") is not { } written)
        {
            return DateTimeOffset.MinValue;
        }

        var until = ReadTime(written, "until", context);
        if (until != DateTimeOffset.MinValue && until <= context.Clock.GetUtcNow())
        {
            context.Faults.Warn(written, "this has expired", $"take it out, or write a later time");
        }

        return until;
    }

    private static DateTimeOffset ReadTime(TreeScalar written, string key, ReceiverContext context)
    {
        if (DateTimeOffset.TryParseExact(written.Text, FullFormats, CultureInfo.InvariantCulture, DateTimeStyles.None, out var full))
        {
            return full;
        }

        if (DateTime.TryParseExact(written.Text, LocalFormats, CultureInfo.InvariantCulture, DateTimeStyles.None, out var local))
        {
            return new DateTimeOffset(local, context.Zone.GetUtcOffset(local));
        }

        context.Faults.Error(
            written, $"{key} is {FaultList.Quote(written.Text)}",
            $"write a date, or a date and a time: {Advice.Prose("2027-01-31 18:00")}");
        return DateTimeOffset.MinValue;
    }
}
