using System.Globalization;
using System.Text;

namespace Portolan;

/// <summary>Durations as nft and people write them: <c>90s</c>, <c>10m</c>, <c>1h30m</c>, <c>7d</c>, <c>500ms</c>.</summary>
public static class DurationText
{
    private static readonly (string Unit, long Milliseconds)[] Units = [
        ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];

    /// <summary>The longest that is taken: beyond ten years it is "for ever".</summary>
    public static TimeSpan Longest { get; } = TimeSpan.FromDays(3650);

    /// <summary>Whole milliseconds, rounded up, in falling units, as nft lists them; <c>0s</c> for none.</summary>
    public static string Format(TimeSpan duration) => Format((ulong)Math.Max(0, Math.Ceiling(duration.TotalMilliseconds)));

    /// <summary>Milliseconds in falling units, as nft lists them; <c>0s</c> for none.</summary>
    public static string Format(ulong milliseconds)
    {
        if (milliseconds == 0)
        {
            return "0s";
        }

        var text = new StringBuilder();
        foreach (var (unit, size) in Units)
        {
            if (milliseconds / (ulong)size is var count and > 0)
            {
                text.Append(CultureInfo.InvariantCulture, $"{count}{unit}");
                milliseconds %= (ulong)size;
            }
        }

        return text.ToString();
    }

    /// <summary>Reads falling units, each once; a number alone is seconds. More than zero, at most <see cref="Longest"/>.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out TimeSpan duration)
    {
        duration = default;
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds <= (long)Longest.TotalSeconds)
        {
            duration = TimeSpan.FromSeconds(seconds);
            return seconds > 0;
        }

        var total = 0L;
        var largest = long.MaxValue;
        while (!text.IsEmpty)
        {
            var digits = text.IndexOfAnyExceptInRange('0', '9');
            if (digits <= 0 || !long.TryParse(text[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out var count))
            {
                return false;
            }

            text = text[digits..];
            var letters = text.IndexOfAnyInRange('0', '9');
            var unit = letters < 0 ? text : text[..letters];
            text = text[unit.Length..];
            if (Size(unit) is not { } size || size >= largest || count > (long)Longest.TotalMilliseconds / size)
            {
                return false;
            }

            largest = size;
            total += count * size;
        }

        duration = TimeSpan.FromMilliseconds(total);
        return total > 0 && duration <= Longest;
    }

    private static long? Size(ReadOnlySpan<char> unit)
    {
        foreach (var (name, size) in Units)
        {
            if (unit.SequenceEqual(name))
            {
                return size;
            }
        }

        return null;
    }
}
