using System.Buffers;
using System.Globalization;
using System.Text;
using Portolan.Model;

namespace Portolan;

/// <summary>Durations as nft and people write them: <c>90s</c>, <c>10m</c>, <c>1h30m</c>, <c>7d</c>, <c>500ms</c>.</summary>
public static class DurationText
{
    private static readonly (string Unit, long Milliseconds)[] Units = [
        ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];

    private static readonly SearchValues<char> NumberCharacters = SearchValues.Create("0123456789.");

    private static readonly string[] Forms = ["500ms", "30s", "10m", "1h30m"];

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

    /// <summary>
    /// Reads falling units, each once, as in <c>1h30m</c>; the last may have a fraction (<c>1.5s</c>), and a number alone is seconds.
    /// From zero to <see cref="Longest"/>.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<char> text, out TimeSpan duration)
    {
        duration = default;
        if (text.IsEmpty)
        {
            return false;
        }

        var total = 0m;
        var largest = long.MaxValue;
        while (!text.IsEmpty)
        {
            var length = text.IndexOfAnyExcept(NumberCharacters);
            var number = length < 0 ? text : text[..length];
            if (!char.IsAsciiDigit(text[0])
                || !decimal.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var count))
            {
                return false;
            }

            text = text[number.Length..];
            var letters = text.IndexOfAny(NumberCharacters);
            var unit = letters < 0 ? text : text[..letters];
            text = text[unit.Length..];
            var size = unit.IsEmpty && largest == long.MaxValue && text.IsEmpty ? 1000 : Size(unit);
            if (size is null || size >= largest || count > (decimal)Longest.TotalMilliseconds / size
                || (!text.IsEmpty && number.Contains('.')))
            {
                return false;
            }

            largest = size.Value;
            total += count * largest;
        }

        duration = TimeSpan.FromTicks((long)Math.Ceiling(total * TimeSpan.TicksPerMillisecond));
        return duration <= Longest;
    }

    /// <summary>Reads the value of an option within bounds.</summary>
    /// <exception cref="PortolanException">It is not a duration, or outside the bounds: the error names both and the forms.</exception>
    public static TimeSpan Read(string option, string text, TimeSpan least, TimeSpan most) =>
        TryParse(text, out var duration) && duration >= least && duration <= most
            ? duration
            : throw new PortolanException(
                $"{option} takes a time {Bounds(least, most)}, e.g. {Examples(least, most)}, not '{TerminalText.Escape(text)}'",
                $"a number alone is in seconds; units are ms, s, m, h and d", ExitCode.Usage);

    /// <summary>Reads the value of an option that must be above zero.</summary>
    /// <exception cref="PortolanException">It is not a duration, or zero.</exception>
    public static TimeSpan Read(string option, string text) => Read(option, text, TimeSpan.FromTicks(1), Longest);

    private static string Bounds(TimeSpan least, TimeSpan most) =>
        least == TimeSpan.Zero ? $"up to {Format(most)}"
        : least < TimeSpan.FromMilliseconds(1) ? most == Longest ? "above zero" : $"above zero, up to {Format(most)}"
        : $"from {Format(least)} to {Format(most)}";

    private static string Examples(TimeSpan least, TimeSpan most)
    {
        var fit = Forms.Where(e => TryParse(e, out var time) && time >= least && time <= most).ToList();
        return fit.Count < 2 ? string.Concat(fit) : $"{string.Join(", ", fit.SkipLast(1))} or {fit[^1]}";
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
