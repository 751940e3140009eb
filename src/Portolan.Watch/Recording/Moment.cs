using System.Globalization;

namespace Portolan.Watch.Recording;

/// <summary>A moment as people write it: a span as long as the words are exact. A minute is 60 seconds, a day is a day.</summary>
/// <param name="Start">Its start.</param>
/// <param name="End">Its end, which is no part of it.</param>
public readonly record struct Moment(DateTimeOffset Start, DateTimeOffset End)
{
    private const int FirstYear = 1970;
    private const int LastYear = 9998;

    private static readonly string[] Days = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];

    private static readonly (string Format, TimeSpan Length)[] Formats =
    [
        ("yyyy-MM-dd", TimeSpan.FromDays(1)),
        ("yyyy-MM-dd'T'HH:mm", TimeSpan.FromMinutes(1)), ("yyyy-MM-dd HH:mm", TimeSpan.FromMinutes(1)),
        ("yyyy-MM-dd'T'HH:mm:ss", TimeSpan.FromSeconds(1)), ("yyyy-MM-dd HH:mm:ss", TimeSpan.FromSeconds(1)),
        ("yyyy-MM-dd'T'HH:mm:ss.fff", TimeSpan.FromMilliseconds(1)), ("yyyy-MM-dd HH:mm:ss.fff", TimeSpan.FromMilliseconds(1)),
    ];

    /// <summary>Reads it.</summary>
    /// <param name="words">Such as <c>yesterday</c>, <c>last monday</c>, <c>03:00</c>, <c>2h</c> or <c>2026-11-20T03:00</c>.</param>
    /// <param name="now">The time.</param>
    /// <param name="zone">The zone of times that name none.</param>
    /// <param name="option">What takes it, for the message.</param>
    /// <exception cref="PortolanException">It is none. Exit code 2.</exception>
    public static Moment Parse(string words, DateTimeOffset now, TimeZoneInfo zone, string option)
    {
        ArgumentNullException.ThrowIfNull(words);
        ArgumentNullException.ThrowIfNull(zone);
        var text = words.Trim().ToLowerInvariant();
        var today = TimeZoneInfo.ConvertTime(now, zone).Date;
        return text switch
        {
            "now" => new Moment(now, now.AddMilliseconds(1)),
            "today" => Day(today, zone),
            "yesterday" => Day(today.AddDays(-1), zone),
            _ => OfWeekday(text, today, zone) ?? OfAge(text, now) ?? OfClock(text, now, today, zone) ?? OfDate(words.Trim(), zone)
                ?? throw new PortolanException(
                    $"{option}: '{words}' is not a time",
                    $"write now, today, yesterday, 'last monday', 03:00, 2h, 90d, '3 days ago', 2026-11-20 or 2026-11-20T03:00",
                    ExitCode.Usage),
        };
    }

    private static Moment Day(DateTime date, TimeZoneInfo zone) => new(At(date, zone), At(date.AddDays(1), zone));

    private static Moment? OfWeekday(string text, DateTime today, TimeZoneInfo zone)
    {
        var isLast = text.StartsWith("last ", StringComparison.Ordinal);
        var day = Array.IndexOf(Days, isLast ? text[5..].Trim() : text);
        if (day < 0)
        {
            return null;
        }

        // Monday is today when it is Monday; last Monday is not.
        var back = ((int)today.DayOfWeek - day + 7) % 7;
        return Day(today.AddDays(-(back == 0 && isLast ? 7 : back)), zone);
    }

    private static Moment? OfAge(string text, DateTimeOffset now)
    {
        var words = text.EndsWith(" ago", StringComparison.Ordinal) ? text[..^4].TrimEnd() : text;
        var digits = words.AsSpan().IndexOfAnyExceptInRange('0', '9');
        if (digits <= 0 || !int.TryParse(words.AsSpan(0, digits), CultureInfo.InvariantCulture, out var count))
        {
            return null;
        }

        TimeSpan? unit = words[digits..].Trim() switch
        {
            "s" or "second" or "seconds" => TimeSpan.FromSeconds(1),
            "m" or "min" or "minute" or "minutes" => TimeSpan.FromMinutes(1),
            "h" or "hour" or "hours" => TimeSpan.FromHours(1),
            "d" or "day" or "days" => TimeSpan.FromDays(1),
            "w" or "week" or "weeks" => TimeSpan.FromDays(7),
            _ => null,
        };
        if (unit is not { } one || count * one.TotalDays > 36_500)
        {
            return null;
        }

        var then = now - (count * one);
        return new Moment(then, then.AddMilliseconds(1));
    }

    // A time of day that is still to come was yesterday's.
    private static Moment? OfClock(string text, DateTimeOffset now, DateTime today, TimeZoneInfo zone)
    {
        foreach (var (format, length) in ((string, TimeSpan)[])[("HH:mm", TimeSpan.FromMinutes(1)), ("HH:mm:ss", TimeSpan.FromSeconds(1))])
        {
            if (TimeOnly.TryParseExact(text, format, CultureInfo.InvariantCulture, DateTimeStyles.None, out var clock))
            {
                var start = At(today + clock.ToTimeSpan(), zone);
                start = start > now ? At(today.AddDays(-1) + clock.ToTimeSpan(), zone) : start;
                return new Moment(start, start + length);
            }
        }

        return null;
    }

    // Of years at the ends of the calendar the day after, or the same time in UTC, has no number.
    private static Moment? OfDate(string text, TimeZoneInfo zone)
    {
        foreach (var (format, length) in Formats)
        {
            if (DateTime.TryParseExact(text, format, CultureInfo.InvariantCulture, DateTimeStyles.None, out var local))
            {
                return local.Year is < FirstYear or > LastYear ? null
                    : length.Days == 1 ? Day(local, zone) : new Moment(At(local, zone), At(local, zone) + length);
            }

            // With a zone of its own: Z or an offset.
            if (length.Days == 0 && DateTimeOffset.TryParseExact(
                text, $"{format}K", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
            {
                return time.Year is < FirstYear or > LastYear ? null : new Moment(time, time + length);
            }
        }

        return null;
    }

    // A time that the clocks skip is the one an hour later; one that comes twice is the first.
    private static DateTimeOffset At(DateTime local, TimeZoneInfo zone)
    {
        local = DateTime.SpecifyKind(zone.IsInvalidTime(local) ? local.AddHours(1) : local, DateTimeKind.Unspecified);
        var offset = zone.IsAmbiguousTime(local) ? zone.GetAmbiguousTimeOffsets(local).Max() : zone.GetUtcOffset(local);
        return new DateTimeOffset(local, offset);
    }
}
