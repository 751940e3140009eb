using System.Globalization;

namespace Portolan.Firewall.Changing;

/// <summary>How many new connections are let in (nft_limit.c): so many in a unit of time, and a burst besides.</summary>
/// <param name="Count">Connections in a unit, from 1.</param>
/// <param name="UnitSeconds">1, 60, 3600 or 86400.</param>
public readonly record struct RuleRate(uint Count, uint UnitSeconds)
{
    /// <summary>Packets let in at once before the rate counts, as nft takes it when nothing is said.</summary>
    public const uint Burst = 5;

    private static readonly (string Name, uint Seconds)[] Units = [("second", 1), ("minute", 60), ("hour", 3600), ("day", 86400)];

    /// <summary>Reads <c>10/minute</c>; units may be cut to their first letters, such as <c>10/min</c>.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out RuleRate rate)
    {
        rate = default;
        var slash = text.IndexOf('/');
        if (slash <= 0 || slash == text.Length - 1 || !uint.TryParse(text[..slash], NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count == 0)
        {
            return false;
        }

        foreach (var (name, seconds) in Units)
        {
            if (name.AsSpan().StartsWith(text[(slash + 1)..], StringComparison.Ordinal))
            {
                rate = new RuleRate(count, seconds);
                return true;
            }
        }

        return false;
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        var seconds = UnitSeconds;
        return string.Create(CultureInfo.InvariantCulture, $"{Count}/{Array.Find(Units, u => u.Seconds == seconds).Name}");
    }
}
