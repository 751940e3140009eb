using System.Globalization;

namespace Portolan.Model;

/// <summary>Times as the machine formats have them.</summary>
public static class TimeText
{
    /// <summary>RFC 3339 in UTC with milliseconds, as every machine format has it: <c>2026-08-01T09:30:00.000Z</c>.</summary>
    public static string Rfc3339(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    /// <summary>A date as all formats have it: <c>2025-03-28</c>.</summary>
    public static string Date(DateOnly date) => date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
