using System.Globalization;

namespace Portolan.Forwarding.Grammar;

/// <summary>
/// Bytes a second as people write them: <c>500K</c>, <c>10M</c>, <c>1.5G</c>, also with <c>B</c> or <c>/s</c> behind; powers of 1024.
/// </summary>
public static class RateText
{
    /// <summary>The least rate: below it nothing would move in a reasonable time.</summary>
    public const long Least = 1024;

    private const long Most = 1L << 40;

    /// <summary>Reads it.</summary>
    public static bool TryParse(string text, out long bytesPerSecond)
    {
        ArgumentNullException.ThrowIfNull(text);
        bytesPerSecond = 0;
        var rest = text.AsSpan();
        rest = rest.EndsWith("/s") ? rest[..^2] : rest;
        rest = rest.EndsWith("B") ? rest[..^1] : rest;
        if (rest.IsEmpty)
        {
            return false;
        }

        var unit = char.ToUpperInvariant(rest[^1]) switch
        {
            'K' => 1L << 10,
            'M' => 1L << 20,
            'G' => 1L << 30,
            _ => 1,
        };
        rest = unit > 1 ? rest[..^1] : rest;
        if (!double.TryParse(rest, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var count)
            || !(count * unit is >= Least and <= Most))
        {
            return false;
        }

        bytesPerSecond = (long)(count * unit);
        return true;
    }
}
