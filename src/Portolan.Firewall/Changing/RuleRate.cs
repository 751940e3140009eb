using System.Globalization;

namespace Portolan.Firewall.Changing;

/// <summary>How many new connections are let in (nft_limit.c): so many in a unit of time, and a burst besides.</summary>
/// <param name="Count">Connections in a unit, from 1.</param>
/// <param name="UnitSeconds">1, 60, 3600 or 86400.</param>
public readonly record struct RuleRate(uint Count, uint UnitSeconds)
{
    /// <summary>Packets let in at once before the rate counts, as nft takes it when nothing is said.</summary>
    public const uint Burst = 5;

    private const string EachSender = "/sender";
    private const string AllSenders = "/shared";

    /// <summary>
    /// Whether all senders share it; else each has its own. One without a word about it that stands in a saved rule is shared, as all once
    /// were.
    /// </summary>
    public bool IsShared { get; init; }

    /// <summary>How long a sender must be silent until nothing that was counted matters any more.</summary>
    public TimeSpan Memory => TimeSpan.FromSeconds(Math.Max(1, Math.Ceiling((double)Burst * UnitSeconds / Count)));

    private static readonly (string Name, uint Seconds)[] Units = [("second", 1), ("minute", 60), ("hour", 3600), ("day", 86400)];

    /// <summary>
    /// Reads <c>10/minute</c>, <c>10/minute/sender</c> or <c>10/minute/shared</c>; units may be cut to their first letters, such as
    /// <c>10/min</c>.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="isShared">Whether all senders share it where the text does not say.</param>
    /// <param name="rate">The rate.</param>
    public static bool TryParse(ReadOnlySpan<char> text, bool isShared, out RuleRate rate)
    {
        rate = default;
        if (text.EndsWith(EachSender, StringComparison.Ordinal) || text.EndsWith(AllSenders, StringComparison.Ordinal))
        {
            isShared = text.EndsWith(AllSenders, StringComparison.Ordinal);
            text = text[..text.LastIndexOf('/')];
        }

        var slash = text.IndexOf('/');
        if (slash <= 0 || slash == text.Length - 1
            || !uint.TryParse(text[..slash], NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count == 0)
        {
            return false;
        }

        foreach (var (name, seconds) in Units)
        {
            if (name.AsSpan().StartsWith(text[(slash + 1)..], StringComparison.Ordinal))
            {
                rate = new RuleRate(count, seconds) { IsShared = isShared };
                return true;
            }
        }

        return false;
    }

    /// <summary>With whom it is for, such as <c>10/minute/sender</c>.</summary>
    public string Words => $"{this}{(IsShared ? AllSenders : EachSender)}";

    /// <summary>Such as <c>10/minute</c>.</summary>
    public override string ToString()
    {
        var seconds = UnitSeconds;
        return string.Create(CultureInfo.InvariantCulture, $"{Count}/{Array.Find(Units, u => u.Seconds == seconds).Name}");
    }
}
