using System.Buffers;
using System.Globalization;

namespace Portolan.Lab.Topology.Reading;

/// <summary>Quantities with their units, as topologies write them. What is formatted reads back as the same value.</summary>
internal static class UnitText
{
    private static readonly SearchValues<char> NumberCharacters = SearchValues.Create("0123456789.");
    private static readonly (string Unit, decimal Size)[] DurationUnits = [
        ("s", TimeSpan.TicksPerSecond), ("ms", TimeSpan.TicksPerMillisecond), ("us", TimeSpan.TicksPerMicrosecond)];
    private static readonly (string Unit, decimal Size)[] ReadDurationUnits = [
        .. DurationUnits, ("m", TimeSpan.TicksPerMinute), ("h", TimeSpan.TicksPerHour)];
    private static readonly (string Unit, decimal Size)[] BandwidthUnits = [
        ("Gbit", 1_000_000_000), ("Mbit", 1_000_000), ("kbit", 1000), ("bit", 1)];

    /// <summary>Reads <c>2ms</c>, <c>0.5ms</c>, <c>500us</c>, <c>1.5s</c>, <c>2m</c>, <c>1h</c> or <c>0</c>; at most a day.</summary>
    public static bool TryParseDuration(string text, out TimeSpan duration)
    {
        var found = TryParse(text, ReadDurationUnits, 86400m * TimeSpan.TicksPerSecond, out var ticks) || text == "0";
        duration = TimeSpan.FromTicks((long)ticks);
        return found;
    }

    /// <summary>Reads <c>2Mbit</c>, <c>100 kbit</c>, <c>1Gbit/s</c>: bits a second.</summary>
    public static bool TryParseBandwidth(string text, out long bitsPerSecond)
    {
        var amount = text.EndsWith("/s", StringComparison.Ordinal) ? text[..^2] : text;
        var found = TryParse(amount, BandwidthUnits, 1_000_000_000_000, out var bits);
        bitsPerSecond = (long)bits;
        return found;
    }

    /// <summary>Reads <c>1%</c> or <c>0.05%</c> as a share, 0 to 1.</summary>
    public static bool TryParseShare(string text, out double share)
    {
        share = 0;
        if (!text.EndsWith('%') || !TryParseNumber(text.AsSpan(0, text.Length - 1).TrimEnd(), out var percent) || percent > 100)
        {
            return false;
        }

        share = double.Parse((percent / 100).ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        return true;
    }

    /// <summary>The shortest text that reads back: <c>0.5ms</c>.</summary>
    public static string Format(TimeSpan duration)
    {
        foreach (var (unit, size) in DurationUnits)
        {
            if (duration.Ticks >= size || unit == "us")
            {
                return Number(duration.Ticks / size) + unit;
            }
        }

        return "0";
    }

    /// <summary>The shortest text that reads back: <c>1.5Mbit</c>.</summary>
    public static string FormatBandwidth(long bitsPerSecond)
    {
        var (unit, size) = Array.Find(BandwidthUnits, u => bitsPerSecond >= u.Size);
        return unit is null ? "0bit" : Number(bitsPerSecond / size) + unit;
    }

    /// <summary>A percentage that reads back.</summary>
    public static string FormatShare(double share) =>
        Number(decimal.Parse(share.ToString("R", CultureInfo.InvariantCulture), NumberStyles.Float, CultureInfo.InvariantCulture) * 100)
            + "%";

    private static bool TryParse(string text, (string Unit, decimal Size)[] units, decimal limit, out decimal value)
    {
        value = 0;
        var digits = text.AsSpan().IndexOfAnyExcept(NumberCharacters);
        if (digits <= 0)
        {
            return false;
        }

        var unit = text[digits..].Trim();
        var (_, size) = Array.Find(units, u => u.Unit == unit);
        if (size == 0 || !TryParseNumber(text.AsSpan(0, digits), out var number) || number > limit / size)
        {
            return false;
        }

        value = number * size;
        return true;
    }

    private static bool TryParseNumber(ReadOnlySpan<char> text, out decimal number) =>
        decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out number) && text.Length <= 25;

    private static string Number(decimal value) => value.ToString("0.############################", CultureInfo.InvariantCulture);
}
