using System.Globalization;

namespace Portolan.Cli.Output;

/// <summary>Times for people and for machines.</summary>
public static class TimeText
{
    /// <summary>RFC 3339 in UTC with milliseconds, as every machine format has it: <c>2026-08-01T09:30:00.000Z</c>.</summary>
    public static string Rfc3339(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    /// <summary>How long ago: <c>3d4h ago</c>, or <c>just now</c> under a second.</summary>
    public static string Ago(DateTimeOffset time, DateTimeOffset now) =>
        now - time < TimeSpan.FromSeconds(1) ? "just now" : $"{new ShortDuration(now - time)} ago";
}
